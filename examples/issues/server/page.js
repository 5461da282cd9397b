import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const web = name => fileURLToPath(new URL(`../web/${name}`, import.meta.url));

/** Bundles the page once; returns its files by URL path. */
export async function page({zeroCacheUrl}) {
  const bundle = await build({
    entryPoints: [web('main.js')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
    define: {ZERO_CACHE_URL: JSON.stringify(zeroCacheUrl)},
  });
  return new Map([
    ['/', {type: 'text/html; charset=utf-8', body: await readFile(web('index.html'))}],
    ['/style.css', {type: 'text/css; charset=utf-8', body: await readFile(web('style.css'))}],
    ['/main.js', {type: 'text/javascript; charset=utf-8', body: bundle.outputFiles[0].contents}],
  ]);
}
