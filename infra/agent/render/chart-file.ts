import * as z from '../../../shared/schema.ts';

/** https://helm.sh/docs/topics/charts/#the-chartyaml-file, as far as it says how a chart is rendered. */
export const chartFileSchema = z.object({
  name: z._default(z.string(), ''),
  type: z._default(z.string(), 'application'),
  annotations: z.nullish(z.record(z.string(), z.string())),
});

export type ChartFile = z.infer<typeof chartFileSchema>;
