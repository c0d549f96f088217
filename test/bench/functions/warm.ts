import { FUNCTIONS } from '../../../infra/aws/uses.ts';
import { type BenchRow, benchRow } from '../row.ts';
import { figuresOfPlan, measureFunctions, PLAN } from './figures.ts';

/** So many manifests are a large repository; all are read over plain Git. */
const FILES = 2000;

/** A push, the update that it leads to, the commit, a sweep with nothing to do and a report, in warm environments. */
export async function benchWarm(): Promise<readonly BenchRow[]> {
  const figures = await figuresOfPlan();
  const large = await measureFunctions({ pushes: 2, warmUp: 1, files: FILES });
  const how = `${PLAN.pushes} pushes, Docker's registry, git http-backend and moto on loopback`;
  return FUNCTIONS.flatMap((name) => {
    const { millis, cpuMillis, peakMegabytes } = figures[name];
    return [
      benchRow(`${name} warm, p50`, `milliseconds, ${how}`, millis),
      benchRow(`${name} warm, processor, p50`, `milliseconds of one core, ${how}`, cpuMillis),
      benchRow(
        `${name} memory`,
        `megabytes at most, ${how}; peer: with ${FILES} manifests`,
        peakMegabytes,
        large[name].peakMegabytes,
      ),
      benchRow(
        `${name} cold, ${FILES} manifests, processor`,
        'milliseconds of one core, start and first event',
        large[name].coldCpuMillis,
      ),
    ];
  });
}
