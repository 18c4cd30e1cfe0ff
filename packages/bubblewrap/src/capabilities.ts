import type { Capabilities } from '@caisson/core'

/** What this driver can do on every machine that it runs on; overlays are whole from Linux 6.6 on. */
export const bubblewrapCapabilities: Capabilities = {
  resident: true,
  overlay: true,
  pty: true,
  ports: true,
  // Processes of the host's own kernel cannot be kept and started again.
  snapshot: false,
}
