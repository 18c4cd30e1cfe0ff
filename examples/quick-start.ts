import './src/in-folder-with-project.ts'
// #region quick-start
import { createSandbox } from '@caisson/bubblewrap'

await using sandbox = await createSandbox({
  policy: {
    filesystem: {
      mounts: [{ source: './my-project', target: '/work', access: 'overlay' }],
      deny: ['**/.env'],
    },
    resources: { memoryMiB: 512, pids: 128 },
  },
})

// Whatever runs here sees /work, the programs of /usr, and nothing else: no network, no secrets.
const result = await sandbox.exec('sed -i s/floor/round/ src/price.js; cat .env', {
  timeoutMs: 10_000,
})
console.log(result.exitCode, result.stderr, result.denials)

// The host's files have not changed yet. Read what would, and take what you like.
console.log(await sandbox.changes())
await sandbox.commit((change) => change.path.startsWith('src/'))
// #endregion
