/** A resource as far as it is looked at; the template is Serverless's own. */
interface TemplateResource {
  readonly [key: string]: unknown;
  readonly DependsOn?: string | readonly string[];
}

/**
 * A template's resources without those entries of `DependsOn` that a reference says already: Serverless writes both,
 * and cfn-lint (W3005) and emulators take that for a fault.
 */
export function withoutRedundantDependencies(
  resources: Readonly<Record<string, TemplateResource>>,
): Readonly<Record<string, TemplateResource>> {
  return Object.fromEntries(
    Object.entries(resources).map(([id, { DependsOn, ...resource }]) => {
      const referred = new Set(referencesIn(resource));
      const kept = [DependsOn ?? []].flat().filter((dependency) => !referred.has(dependency));
      return [id, kept.length === 0 ? resource : { ...resource, DependsOn: kept }];
    }),
  );
}

/** The logical ids that `Ref`, `Fn::GetAtt` and `Fn::Sub` name, with CloudFormation's own names. */
function referencesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]: readonly [string, unknown]) => {
    if (key === 'Ref' && typeof inner === 'string') {
      return [inner];
    }
    if (key === 'Fn::GetAtt') {
      const [id] = typeof inner === 'string' ? inner.split('.') : (inner as readonly string[]);
      return [id ?? ''];
    }
    const text = key === 'Fn::Sub' ? [inner].flat()[0] : undefined;
    const named: readonly string[] =
      typeof text === 'string' ? [...text.matchAll(/\$\{(\w+)/g)].map(([, id = '']) => id) : [];
    return named.concat(referencesIn(inner));
  });
}
