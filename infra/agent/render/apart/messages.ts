import type { ErrorDetails } from '../../../../shared/errors.ts';
import type { Capabilities } from '../../cluster/capabilities.ts';
import type { RenderLimits } from '../budget.ts';
import type { LeftOutFile } from '../left-out.ts';
import type { Rendered, RenderedObject } from '../rendered-object.ts';
import type { ToolCall, ToolName } from '../tools.ts';

/** What a process renders, as it is told first. */
export interface RenderTask {
  readonly directory: string;
  readonly paths: readonly string[];
  readonly namespace: string;
  /** The address of its repository, where it is known. */
  readonly repository: string | undefined;
  readonly variables: ReadonlyMap<string, string> | undefined;
  readonly secretVariables: ReadonlySet<string> | undefined;
  readonly ageKeyFile: string | undefined;
  readonly left: readonly LeftOutFile[] | undefined;
  readonly commands: Readonly<Record<ToolName, string>>;
  readonly limits: RenderLimits;
}

/** What it asks for, which is answered. */
export type RendererRequest =
  | { readonly is: 'tool'; readonly tool: ToolName; readonly call: ToolCall }
  | { readonly is: 'capabilities' }
  | { readonly is: 'recall-chart'; readonly release: string; readonly digest: string }
  | { readonly is: 'keep-chart'; readonly release: string; readonly digest: string; readonly text: string };

/** What a tool wrote, what of a text is secret, whose objects came before, what the cluster is, or what was kept. */
export type RendererReply = string | readonly string[] | Capabilities | undefined;

/** What it answers with at last: the objects by where they were told of. */
export interface Result extends Omit<Rendered, 'objects' | 'skipped'> {
  readonly objects: readonly ObjectRef[];
  readonly skipped: readonly ObjectRef[];
}

/**
 * A text by its key, and some of its objects in their order, with the characters of these; what of it is secret comes
 * with the last, where all of it was read without a failure.
 */
export type TextPiece = readonly [
  key: string,
  objects: readonly RenderedObject[],
  size: number,
  secrets: readonly string[] | undefined,
];

/** A text by its key, and which of its objects. */
export type ObjectRef = readonly [key: string, index: number];

/** From the process that renders. */
export type FromProcess =
  | { readonly is: 'question'; readonly id: number; readonly question: RendererRequest }
  /** What was read, or made of it. */
  | { readonly is: 'read'; readonly texts: readonly TextPiece[] }
  | { readonly is: 'done'; readonly result: Result }
  | { readonly is: 'failed'; readonly error: SentError };

/** To it. */
export type ToProcess =
  | { readonly is: 'task'; readonly task: RenderTask }
  /** What need not be read, told before the task. */
  | { readonly is: 'remembered'; readonly texts: readonly TextPiece[] }
  | { readonly is: 'answer'; readonly id: number; readonly value: RendererReply }
  | { readonly is: 'refusal'; readonly id: number; readonly error: SentError };

/** An error as it goes from one process to another: a SluiceError by its parts, or what was not foreseen. */
export type SentError = Omit<ErrorDetails, 'cause'> | { readonly message: string };
