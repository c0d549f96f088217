import type { GovernedImage } from '../declarations/dialect.ts';
import { applicationOfFile } from '../places/application-source.ts';
import { folderOf, joinPath } from './repository-path.ts';
import type { UpdatedApplication } from './updated-application.ts';

const VALUES_FILE = 'values.yaml';

/**
 * Where updates of an Application are written, and which workloads are its own, as texts that {@link addressesOf} gives
 * for the images there: an image is found by a look-up, however many Applications there are.
 */
export function addressesFor({ declared, target, path, elsewhere, valueFiles }: UpdatedApplication): readonly string[] {
  if (target.kind !== 'anywhere') {
    const written = target.kind === 'kustomization' ? kustomizationIn(target.folder) : valuesIn(target.file);
    return elsewhere === undefined ? [written] : [];
  }
  const { namespace, name } = declared.facts;
  const ofPath =
    path === undefined
      ? []
      : [
          workloadsBelow(path),
          kustomizationIn(path),
          valuesIn(joinPath(path, VALUES_FILE) ?? VALUES_FILE),
          parametersIn(path, undefined, name),
          // Its namespace is in the file's name where it is not Argo CD's.
          ...(namespace === undefined ? [] : [parametersIn(path, namespace, name)]),
        ];
  return [...ofPath, ...valueFiles.map(valuesIn), partsOf(declared.file, declared.object)];
}

/** The same of an image; those of a container, of the deepest folder first. */
export function addressesOf({ file, object, place }: GovernedImage): readonly string[] {
  const folder = folderOf(file);
  if (place === undefined) {
    return foldersAbove(folder).map(workloadsBelow);
  }
  if (place.role === 'kustomization') {
    return [kustomizationIn(folder)];
  }
  const named = applicationOfFile(file);
  const inFile = named === undefined ? [] : [parametersIn(folder, named.namespace, named.name)];
  return [...(place.role === 'value' ? [valuesIn(file)] : inFile), partsOf(file, object)];
}

function foldersAbove(folder: string): readonly string[] {
  const steps = folder === '' ? [] : folder.split('/');
  return Array.from({ length: steps.length + 1 }, (_, index) => steps.slice(0, steps.length - index).join('/'));
}

function workloadsBelow(folder: string): string {
  return `workloads ${folder}`;
}

function kustomizationIn(folder: string): string {
  return `kustomization ${folder}`;
}

function valuesIn(file: string): string {
  return `values ${file}`;
}

function parametersIn(folder: string, namespace: string | undefined, name: string): string {
  return `parameters ${folder} ${namespace ?? ''} ${name}`;
}

function partsOf(file: string, object: string): string {
  return `object ${file} ${object}`;
}
