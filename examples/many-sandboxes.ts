// #region one-driver
import { bubblewrap } from '@caisson/bubblewrap'
import { createSandbox } from '@caisson/core'

const driver = bubblewrap()
await using first = await createSandbox({ driver, policy: {} })
await using second = await createSandbox({ driver, policy: {} })
// #endregion

// Each has files, processes and a network of its own.
await first.fs.writeFile('/tmp/note', 'of the first')
console.log('the second sees it:', await second.fs.exists('/tmp/note'))
