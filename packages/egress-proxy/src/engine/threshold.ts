import type { Duplex } from 'node:stream'
import type { Refusal } from '../refusal.ts'

/** Where a connection waits to be let in; each door has its own words for yes and no. */
export interface Threshold {
  /** Tells the client to go on, and gives its bytes from there on. At most once. */
  accept(): Duplex
  /** Tells the client why not, instead. Where no words are left, it sees the end. */
  refuse(refusal: Refusal): void
}
