// Loaded before the agent's main: standard input is a pipe from the demo, and ends with it however that ends.
const GRACE_MILLIS = 5000;

process.stdin.on('close', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), GRACE_MILLIS).unref();
});
process.stdin.on('error', () => process.stdin.destroy());
process.stdin.resume();
if ('unref' in process.stdin) {
  process.stdin.unref();
}
