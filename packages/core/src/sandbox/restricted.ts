import type { RestrictedSandbox, Sandbox } from './sandbox.ts'

/**
 * A view of a sandbox for tools. Made of new functions on an object without prototype, so that neither
 * the sandbox nor its class can be reached from it.
 */
export function restrictedView(sandbox: Sandbox): RestrictedSandbox {
  const { id, driver, isolation, capabilities, labels, fs, processes, ports } = sandbox
  // A literal with this key has no prototype (ECMA-262, B.3.1); the key itself is not a property.
  const view: RestrictedSandbox & { __proto__: null } = {
    __proto__: null,
    id,
    driver,
    isolation,
    capabilities,
    labels,
    fs,
    processes,
    ports: Object.freeze({
      waitFor: (port: number, options?: Parameters<typeof ports.waitFor>[1]) =>
        ports.waitFor(port, options),
      list: () => ports.list(),
    }),
    exec: (command, options) => sandbox.exec(command, options),
    spawn: (command, options) => sandbox.spawn(command, options),
    changes: () => sandbox.changes(),
    usage: () => sandbox.usage(),
    describe: () => sandbox.describe(),
  }
  return Object.freeze(view)
}
