import { isRecord } from './record.ts';

/** Where kustomize looks for charts that it does not fetch. */
const CHART_HOME = 'charts';

/**
 * The folders of charts that a kustomization inflates, from its own folder, wherever charts are inflated at all.
 *
 * @see https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/helmcharts/
 */
export function chartsOfKustomization(value: unknown): readonly string[] {
  if (!isRecord(value)) {
    return [];
  }
  const { helmGlobals, helmCharts, helmChartInflationGenerator } = value;
  const home = isRecord(helmGlobals) ? helmGlobals['chartHome'] : undefined;
  return [helmCharts, helmChartInflationGenerator].flat().flatMap((chart: unknown) => {
    if (!isRecord(chart)) {
      return [];
    }
    const name = chart['name'] ?? chart['chartName'];
    const folder = chart['chartHome'] ?? home ?? CHART_HOME;
    return typeof name === 'string' && typeof folder === 'string' ? [`${folder}/${name}`] : [];
  });
}
