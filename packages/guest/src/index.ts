/**
 * The host's half of the guest protocol.
 *
 * @packageDocumentation
 */
export { connectGuest, type GuestOptions } from './connect-guest.ts'
export { guestInitPath } from './guest-init-path.ts'
export type { GuestSession } from './session.ts'
export type { SetupGap, SetupOperation } from './setup.ts'
