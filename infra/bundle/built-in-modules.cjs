// How a bundle takes Node's own modules: as they are used. An import reads all that a module exports, and so loads what
// is made at the first look at it: the whole of fetch for http, streams of fs, Web Crypto, address lists of net.
module.exports = [
  {
    name: 'built-in-modules',
    setup(build) {
      build.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
        kind === 'import-statement' ? { path, namespace: 'built-in' } : undefined,
      );
      build.onLoad({ filter: /^/, namespace: 'built-in' }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      }));
    },
  },
];
