import * as z from 'zod';

/** https://helm.sh/docs/topics/charts/#the-chartyaml-file, as far as it says how a chart is rendered. */
export const chartFileSchema = z.object({
  name: z.string().default(''),
  type: z.string().default('application'),
  annotations: z.record(z.string(), z.string()).nullish(),
});

export type ChartFile = z.infer<typeof chartFileSchema>;
