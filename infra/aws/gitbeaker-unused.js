// Stands in a function's bundle for two packages that gitbeaker loads for its own requester, which Sluice does not use:
// rate-limiter-flexible with clients of a dozen databases, and picomatch-browser. They are 23 KB of a zip.

export class RateLimiterQueue {
  /** @throws always: gitbeaker is opened without rate limits of its own */
  removeTokens() {
    throw unused();
  }
}

export { RateLimiterQueue as RateLimiterMemory };

export default {
  isMatch() {
    throw unused();
  },
};

function unused() {
  return new Error("gitbeaker's own requester is not in this bundle");
}
