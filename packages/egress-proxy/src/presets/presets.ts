import { codingAgent } from './coding-agent.ts'

/** Whole policies; see {@link presets}. */
export interface Presets {
  /** One folder, one's own models and repositories, packages; see {@link CodingAgentOptions}. */
  readonly codingAgent: typeof codingAgent
}

/** Policies for what sandboxes are mostly for, put together from `services`. */
export const presets: Presets = Object.freeze({ codingAgent })
