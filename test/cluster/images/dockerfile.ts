/** One instruction, its continued lines joined and its comments left out. */
export interface Instruction {
  /** Line that it begins on; the first is 1. */
  readonly line: number;
  /** In capitals: `FROM`. */
  readonly name: string;
  readonly text: string;
}

/** A stage of a build, as its FROM says. */
export interface Stage {
  readonly line: number;
  /** The image as it is written, which may be an argument: `${NODE_IMAGE}`. */
  readonly written: string;
  /** The image with the arguments' defaults in it. */
  readonly image: string;
  /** `tools` of `FROM … AS tools`. */
  readonly name: string | undefined;
}

/** The instructions of a Dockerfile in their order. Here-documents are not known: buildah 1.28 does not build them. */
export function readInstructions(dockerfile: string): readonly Instruction[] {
  const instructions: Instruction[] = [];
  let begun: { line: number; text: string } | undefined;
  for (const [index, whole] of dockerfile.split('\n').entries()) {
    if (/^\s*(#|$)/.test(whole)) continue;
    begun ??= { line: index + 1, text: '' };
    begun.text += whole.replace(/\\\s*$/, ' ');
    if (/\\\s*$/.test(whole)) continue;
    const [, name = '', text = ''] = /^\s*(\w+)\s+(.*?)\s*$/s.exec(begun.text) ?? [];
    instructions.push({ line: begun.line, name: name.toUpperCase(), text });
    begun = undefined;
  }
  return instructions;
}

/** The stages in their order, the last of which is the image. */
export function readStages(dockerfile: string): readonly Stage[] {
  const defaults = new Map<string, string>();
  const stages: Stage[] = [];
  for (const { line, name, text } of readInstructions(dockerfile)) {
    if (name === 'ARG' && stages.length === 0) {
      const [, argument = '', value = ''] = /^(\w+)=(.*)$/.exec(text) ?? [];
      defaults.set(argument, expand(value, defaults));
    }
    if (name !== 'FROM') continue;
    const [written = '', , stage] = text.split(/\s+/).filter((word) => !word.startsWith('--'));
    stages.push({ line, written, image: expand(written, defaults), name: stage });
  }
  return stages;
}

function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}|\$(\w+)/g, (_, braced?: string, bare?: string) => {
    return values.get(braced ?? bare ?? '') ?? '';
  });
}
