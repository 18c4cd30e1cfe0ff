/**
 * The way out of a sandbox: names, connections and requests judged by one policy.
 *
 * @packageDocumentation
 */
export type { ReasonCode } from './decide/reason.ts'
export { RefusalError, type Refusal } from './refusal.ts'
export { defaultLimits, type ProxyLimits } from './limits.ts'
