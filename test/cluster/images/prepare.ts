import { builtAgent } from './agent-image.ts';
import { builtSample } from './sample-image.ts';

// Before the suites, whose hooks have less time than a build from nothing takes.
try {
  const { directory } = await builtAgent(console.log);
  console.log(`the agent's image: at ${directory}`);
  const sample = await builtSample('Hello World!', console.log);
  console.log(`the sample's image: at ${sample.directory}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
