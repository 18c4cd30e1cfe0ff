/**
 * The promises that every driver keeps, as data. Run them with `runBehaviours`, or as a mocha suite
 * with `describeDriver` of `@caisson/driver-conformance/mocha`.
 *
 * @packageDocumentation
 */
export {
  BehaviourSkipped,
  type Area,
  type Behaviour,
  type CapabilityName,
  type ConformanceContext,
  type DriverModule,
  type SandboxWishes,
  skip,
} from './behaviour.ts'
export { behaviours } from './behaviours/index.ts'
export type { HostListener, HostListeners } from './host-listen.ts'
export type { HostProbe } from './host-probe.ts'
export type { HostProcesses, NodeProcess, NodeProcessOptions } from './host-process-launch.ts'
export {
  type BehaviourResult,
  createRunner,
  type RunnerOptions,
  type RunOptions,
  type Runner,
  runBehaviours,
  type Verdict,
} from './run-behaviour.ts'
export { type ResultsByDriver, supportTable } from './support-table.ts'
export {
  type LifecycleState,
  type Operation,
  operations,
  runInEveryState,
  type TraitOutcome,
} from './traits.ts'
