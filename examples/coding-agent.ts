import './src/in-folder-with-project.ts'
import { ok, strictEqual } from 'node:assert/strict'

process.env['ANTHROPIC_API_KEY'] = 'made-up-model-key'
process.env['GITHUB_TOKEN'] = 'made-up-repository-token'

// #region coding-agent
import { createSandbox, presets } from '@caisson/bubblewrap'

const policy = await presets.codingAgent({
  workspace: './my-project',
  anthropic: { env: 'ANTHROPIC_API_KEY' },
  github: { repositories: ['acme/shop'], access: 'write', source: { env: 'GITHUB_TOKEN' } },
  npm: true,
})

await using sandbox = await createSandbox({ policy, audit: 'strict' })

// Inside, both variables are dummies. The keys are added outside, to what the rules allow, and to nothing else.
const { stdout } = await sandbox.exec('pwd; env | grep -E "ANTHROPIC|GITHUB"')
console.log(stdout)
console.log(sandbox.describe())
// #endregion

ok(!stdout.includes('made-up'), stdout)
ok(stdout.includes('ANTHROPIC_API_KEY=sk-ant-'), stdout)
strictEqual(sandbox.findings.filter(({ severity }) => severity === 'critical').length, 0)

{
  const [, tools = ''] = process.argv
  // #region further-mounts
  const mine = { source: tools, access: 'read' } as const
  const mounts = [...(policy.filesystem?.mounts ?? []), mine]
  const larger = { ...policy, filesystem: { ...policy.filesystem, mounts } }
  // #endregion
  await using other = await createSandbox({ policy: larger })
  strictEqual((await other.exec(['test', '-r', tools])).exitCode, 0)
}
