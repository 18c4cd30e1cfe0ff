/**
 * The host's half of the guest protocol.
 *
 * @packageDocumentation
 */
export type { SetupGap, SetupOperation } from './setup.ts'
