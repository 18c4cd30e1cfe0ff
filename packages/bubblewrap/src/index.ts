/**
 * Caisson's driver for Linux namespaces, through bubblewrap.
 *
 * @packageDocumentation
 */
export { bubblewrap } from './bubblewrap.ts'
export { type BubblewrapSandboxOptions, createSandbox } from './create-sandbox.ts'
export type { BubblewrapOptions } from './options.ts'
