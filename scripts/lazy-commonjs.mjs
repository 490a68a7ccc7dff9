import { readFile } from 'node:fs/promises';

/**
 * `await import('package')` of a CommonJS package: in a bundle its namespace would hold nothing but `default`, as the
 * names are known only at run time. So they are read now, from the package itself.
 */
export const lazyCommonJs = (external) => ({
  name: 'lazy-commonjs',
  setup(b) {
    b.onResolve({ filter: /^[@a-z]/ }, (args) => {
      if (
        args.kind !== 'dynamic-import' ||
        args.namespace === 'lazy' ||
        // Packages look for optional ones themselves, in their own way.
        args.importer.includes('/node_modules/') ||
        external.includes(args.path) ||
        args.path.startsWith('node:')
      )
        return;
      return { path: args.path, namespace: 'lazy', pluginData: { resolveDir: args.resolveDir } };
    });
    b.onLoad({ filter: /.*/, namespace: 'lazy' }, async ({ path, pluginData }) => {
      const names = Object.keys(await import(path)).filter(
        (name) => name !== 'default' && name !== 'module.exports' && /^[A-Za-z_$][\w$]*$/.test(name),
      );
      const wanted = `export { ${names.join(', ')} } from '${path}';\n`;
      return { contents: wanted, resolveDir: pluginData.resolveDir };
    });
  },
});

/** commander needs `node:child_process` only for subcommands that are programs of their own; loading it takes 7 ms. */
export const lazyChildProcess = {
  name: 'lazy-child-process',
  setup(b) {
    b.onLoad({ filter: /[\\/]commander[\\/]lib[\\/]command\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const load = "require('node:child_process')";
      if (!source.includes(load)) throw new Error(`${path} loads child_process in another way now`);
      const late = `{ spawn: (...how) => ${load}.spawn(...how) }`;
      return { contents: source.replace(load, late), loader: 'js' };
    });
  },
};
