import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { askTool } from '../../../dist/services/registries/ask-tool-launch.js'
import { toolVariables } from '../../../dist/services/registries/tool-variables-source.js'
import { FakeTools } from './fake-tools.js'

describe('asking a tool', () => {
  let tools: FakeTools
  beforeEach(() => {
    tools = new FakeTools()
  })
  afterEach(() => tools.remove())

  it('takes what it prints', async () => {
    tools.prints('tool', 'a b')
    const answer = await askTool(['tool'], tools.environment())
    expect(answer).to.deep.equal({ kind: 'answer', text: 'a b\n' })
  })

  it('says that it is missing', async () => {
    expect(await askTool(['tool'], tools.environment())).to.deep.equal({ kind: 'missing' })
  })

  it('says of what no system could start only that', async () => {
    const answer = await askTool(['tool', 'a'], { PATH: '/bin', A: 'hunter2\0' })
    expect(answer).to.deep.equal({ kind: 'failed', why: 'could not be started' })
  })

  it('says how it ended, and nothing of what it printed', async () => {
    tools.script('tool', 'echo secret', 'echo secret >&2', 'exit 3')
    const answer = await askTool(['tool'], tools.environment())
    expect(answer).to.deep.equal({ kind: 'failed', why: 'ended with code 3' })
  })

  it('runs it in the root folder, away from the files of a project', async () => {
    tools.script('tool', 'pwd')
    expect(await askTool(['tool'], tools.environment())).to.deep.include({ text: '/\n' })
  })

  it('passes arguments as they are, without a shell', async () => {
    tools.script('tool', 'printf "%s|" "$@"')
    const answer = await askTool(['tool', '$(id)', 'a b', ';'], tools.environment())
    expect(answer).to.deep.include({ text: '$(id)|a b|;|' })
  })

  it('ends one that takes too long', async () => {
    tools.script('tool', 'exec /bin/sleep 600')
    const answer = await askTool(['tool'], tools.environment(), { longestMs: 200, mostBytes: 100 })
    expect(answer).to.deep.equal({ kind: 'failed', why: 'did not answer within 0.2 s' })
  })

  it('ends one that prints without end, with what it started', async () => {
    const file = `${tools.folder}/child`
    tools.script('tool', `/bin/sleep 600 & echo $! > ${file}`, 'while :; do echo aaaaaaaaaa; done')
    const answer = await askTool(['tool'], tools.environment(), {
      longestMs: 25_000,
      mostBytes: 5000,
    })
    expect(answer).to.deep.equal({ kind: 'failed', why: 'printed more than 5000 bytes' })
    await gone(Number(readFileSync(file, 'utf8')))
  })

  it('tells a tool what configures it, and no keys of other programs', () => {
    const kept = toolVariables({
      PATH: '/bin',
      HOME: '/home/me',
      PIP_INDEX_URL: 'https://pip.test/simple',
      npm_config_registry: 'https://npm.test/',
      ANTHROPIC_API_KEY: 'secret',
      AWS_SECRET_ACCESS_KEY: 'secret',
      NODE_OPTIONS: '--require /tmp/a.js',
      LD_PRELOAD: '/tmp/a.so',
    })
    expect(Object.keys(kept)).to.deep.equal([
      'PATH',
      'HOME',
      'PIP_INDEX_URL',
      'npm_config_registry',
    ])
  })
})

/** Waits until a process is gone, or waits to be collected by whoever adopted it. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      if (/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
