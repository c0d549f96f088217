import { onTestFinished, vi } from 'vitest';

/** Until the end of a test its thread is said to have used so many times the processor's time that it did. */
export function countProcessorTime(times: number): void {
  const usage = process.threadCpuUsage.bind(process);
  const counted = vi.spyOn(process, 'threadCpuUsage').mockImplementation(() => {
    const { user, system } = usage();
    return { user: user * times, system: system * times };
  });
  onTestFinished(() => counted.mockRestore());
}
