import type { Manifest } from '../manifest.ts';
import { type ChartDeployer, deployersIn, gitRepositoryIn, isTemplate, mayFillIn } from './chart-deployers.ts';
import { locateFolder } from './locate.ts';
import { maySameRepository } from './same-repository.ts';

/** Whose the charts are that are rendered. */
export interface ChartOwnersOptions {
  /** Of the repository, itself no symbolic link. */
  readonly root: string;
  /** Of objects that do not say. */
  readonly namespace: string;
  /** The repository's address, where it is known. */
  readonly repository: string | undefined;
}

/** A deployer, and the chart that gave it. */
interface FoundDeployer extends ChartDeployer {
  readonly from: string | undefined;
}

/**
 * Tells which charts of a repository another controller deploys, by the objects of that same source. What may be, is
 * taken to be so: a chart that two deploy is fought over, and one that none deploys is missed and told of.
 */
export class ChartOwners {
  readonly #options: ChartOwnersOptions;
  readonly #addresses = new Map<string, string>();
  readonly #templates: FoundDeployer[] = [];
  readonly #byFolder = new Map<string, FoundDeployer[]>();

  #isAny = false;

  constructor(options: ChartOwnersOptions) {
    this.#options = options;
  }

  /** Does any object have another controller deploy from Git? */
  get isAny(): boolean {
    return this.#isAny;
  }

  /** @param from the chart that gave them */
  async add(manifests: readonly Manifest[], from?: string): Promise<void> {
    const { root, namespace } = this.#options;
    for (const manifest of manifests) {
      for (const [name, url] of gitRepositoryIn(manifest, namespace)) {
        this.#addresses.set(name, url);
      }
      for (const deployer of deployersIn(manifest, namespace)) {
        this.#isAny = true;
        if (isTemplate(deployer)) {
          this.#templates.push({ ...deployer, from });
          continue;
        }
        const folder = await locateFolder(root, deployer.path);
        if (folder !== undefined) {
          this.#byFolder.set(folder, [...(this.#byFolder.get(folder) ?? []), { ...deployer, from }]);
        }
      }
    }
  }

  /** Why a chart is not deployed by itself; undefined where it is. Asked when all objects were added. */
  reasonAgainst(folder: string): string | undefined {
    const named = [
      ...(this.#byFolder.get(folder) ?? []),
      ...this.#templates.filter((one) => mayFillIn(one, folder)),
    ].filter((one) => one.from !== folder && this.#mayBeHere(one));
    const sure = named.find((one) => this.#addressOf(one) !== undefined) ?? named[0];
    if (sure === undefined) {
      return undefined;
    }
    const isKnown = this.#options.repository !== undefined && this.#addressOf(sure) !== undefined;
    const doubt = isKnown ? '' : ', whose repository is taken for this one';
    return `deployed by ${sure.by}${doubt}, not by itself`;
  }

  #addressOf({ url, gitRepository = '' }: ChartDeployer): string | undefined {
    return url ?? this.#addresses.get(gitRepository);
  }

  #mayBeHere(deployer: ChartDeployer): boolean {
    const { repository } = this.#options;
    const address = this.#addressOf(deployer);
    return repository === undefined || address === undefined || maySameRepository(address, repository);
  }
}
