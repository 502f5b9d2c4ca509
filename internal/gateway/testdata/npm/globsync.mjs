// The conformance suite imports fs.globSync, which Node has from version 22 on,
// and does not use it for servers. This lets it load on the Node of Debian.
import { register } from 'node:module';

const hooks = `
export async function resolve(name, context, next) {
  if (name === 'fs' && context.parentURL?.includes('/conformance/')) {
    return { url: 'shim:fs', format: 'module', shortCircuit: true };
  }
  return next(name, context);
}
export async function load(url, context, next) {
  if (url !== 'shim:fs') return next(url, context);
  return { format: 'module', shortCircuit: true, source:
    "export * from 'node:fs'; export { default } from 'node:fs';" +
    "export const globSync = () => { throw new Error('fs.globSync needs Node 22'); };" };
}`;
register('data:text/javascript,' + encodeURIComponent(hooks));
