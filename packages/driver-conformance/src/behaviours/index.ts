import type { Behaviour } from '../behaviour.ts'
import { credentialBehaviours } from './credentials.ts'
import { denialBehaviours } from './denials.ts'
import { denyBehaviours } from './deny.ts'
import { egressLiveBehaviours } from './egress-live.ts'
import { egressReachBehaviours } from './egress-reach.ts'
import { egressRefusalBehaviours } from './egress-refusals.ts'
import { egressWallBehaviours } from './egress-walls.ts'
import { environmentBehaviours } from './environment.ts'
import { exitStatusBehaviours } from './exit-status.ts'
import { fileBehaviours } from './files.ts'
import { gitBehaviours } from './git.ts'
import { ipcBehaviours } from './ipc.ts'
import { lifecycleBehaviours } from './lifecycle.ts'
import { limitBehaviours } from './limits.ts'
import { linkBehaviours } from './links.ts'
import { mountBehaviours } from './mounts.ts'
import { namespaceBehaviours } from './namespaces.ts'
import { networkBehaviours } from './network.ts'
import { overlayBehaviours } from './overlay.ts'
import { processBehaviours } from './processes.ts'
import { protectBehaviours } from './protect.ts'
import { specialFileBehaviours } from './special-files.ts'
import { streamBehaviours } from './streams.ts'
import { terminalBehaviours } from './terminal.ts'

/** Every promise of a driver, in the order in which they are worth reading. */
export const behaviours: readonly Behaviour[] = [
  ...fileBehaviours,
  ...mountBehaviours,
  ...linkBehaviours,
  ...specialFileBehaviours,
  ...denyBehaviours,
  ...protectBehaviours,
  ...gitBehaviours,
  ...overlayBehaviours,
  ...processBehaviours,
  ...exitStatusBehaviours,
  ...ipcBehaviours,
  ...namespaceBehaviours,
  ...networkBehaviours,
  ...egressReachBehaviours,
  ...egressRefusalBehaviours,
  ...egressWallBehaviours,
  ...egressLiveBehaviours,
  ...credentialBehaviours,
  ...limitBehaviours,
  ...streamBehaviours,
  ...terminalBehaviours,
  ...environmentBehaviours,
  ...lifecycleBehaviours,
  ...denialBehaviours,
]
