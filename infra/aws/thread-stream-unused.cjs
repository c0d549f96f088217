// Stands in a function's bundle for thread-stream, by which pino writes from a thread of its own: only its transports
// do, of which Sluice has none. It is 3 KB of a zip.
module.exports = function ThreadStream() {
  throw new Error("pino's transports are not in this bundle");
};
