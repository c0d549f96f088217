import type { Declaration } from './declaration.ts';
import { DeclaredObjects } from './declared-objects.ts';
import type { Governed, GovernedImage, Governor, Remark } from './dialect.ts';
import type { FleetScan } from './fleet-facts.ts';
import { heldAsOther, nameOf } from './image-name.ts';

/** What the scans of Fleet in a repository say of the images that markers name. */
export class FleetGovernor implements Governor {
  readonly remarks: readonly Remark[] = [];
  readonly #scans: DeclaredObjects<FleetScan>;

  constructor(declarations: readonly Declaration[]) {
    const scans = declarations.flatMap(({ facts, ...place }): readonly Declaration[] =>
      facts.kind === 'fleet-scans' ? facts.scans.map((scan) => ({ ...place, facts: scan })) : [{ ...place, facts }],
    );
    this.#scans = new DeclaredObjects('imageScan', scans, isScan);
  }

  govern({ marker, image, file }: GovernedImage): Governed | undefined {
    if (marker?.dialect !== 'fleet') {
      return undefined;
    }
    const scan = this.#scans.find({ namespace: undefined, name: marker.policy }, file);
    if ('fault' in scan) {
      return { fault: `the marker names ${scan.fault}` };
    }
    const { facts } = scan;
    const name = nameOf(facts.image);
    const subject = `imageScan ${facts.name} (${scan.file})`;
    if (name === undefined || 'fault' in facts.line) {
      const found = `has the image ${JSON.stringify(facts.image ?? '')}, which is none`;
      return { name, fault: 'fault' in facts.line ? `${subject}: ${facts.line.fault}` : `${subject} ${found}` };
    }
    const held = facts.suspended ? `${subject} is suspended` : heldAsOther(image, name, subject);
    const text = `${facts.line.text}${marker.pins === true ? '; pin' : ''}`;
    return { name, policy: { dialect: 'fleet', text, held, declaredIn: [scan.file] } };
  }
}

function isScan(one: Declaration['facts']): one is FleetScan {
  return one.kind === 'fleet-scan';
}
