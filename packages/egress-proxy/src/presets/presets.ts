import { codingAgent } from './coding-agent.ts'

/** Whole policies; see {@link presets}. */
export interface Presets {
  readonly codingAgent: typeof codingAgent
}

/** Policies for what sandboxes are mostly for, put together from `services`. */
export const presets: Presets = Object.freeze({ codingAgent })
