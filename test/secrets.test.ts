import { createSandbox } from '@caisson/bubblewrap'
import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // It ended while we looked, or may not be looked at.
  }
}

/** Every process of the machine whose `file` in `/proc` contains a text. */
function processesWith(file: 'cmdline' | 'environ', text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => read(`/proc/${id}/${file}`).includes(text))
}

const why = process.platform === 'linux' ? '' : ' (skipped: bubblewrap needs Linux)'

describe(`secrets, seen from the host${why}`, () => {
  before(function () {
    if (why !== '') this.skip()
  })

  it('stand on no command line, though the command gets them', async () => {
    const secret = `planted-${process.pid}-${performance.now()}`
    await using sandbox = await createSandbox({ policy: { environment: { TOKEN: secret } } })
    const options = { env: { OTHER: secret } }
    const seen: string[] = []
    const child = await sandbox.spawn('echo $TOKEN $OTHER; sleep 100', options)
    for await (const chunk of child.stdout) {
      expect(new TextDecoder().decode(chunk)).to.equal(`${secret} ${secret}\n`)
      seen.push(...processesWith('cmdline', secret))
      await child.kill('SIGKILL')
    }
    expect(seen).to.deep.equal([])
  })

  it('of the host process reach no process of the sandbox, though they reach a plain child', async () => {
    const secret = `planted-${process.pid}-${performance.now()}`
    process.env['PLANTED_SECRET'] = secret
    try {
      const plain = spawn('sleep', ['100'], { stdio: 'ignore' })
      await new Promise((resolve) => plain.once('spawn', resolve))
      expect(processesWith('environ', secret)).to.deep.equal([String(plain.pid)])
      plain.kill('SIGKILL')
      await new Promise((resolve) => plain.once('exit', resolve))

      await using sandbox = await createSandbox({ policy: {} })
      const { exitCode, stdout } = await sandbox.exec('cat /proc/1/environ; env')
      expect([exitCode, stdout.includes(secret)]).to.deep.equal([0, false])
      expect(processesWith('environ', secret)).to.deep.equal([])
    } finally {
      delete process.env['PLANTED_SECRET']
    }
  })
})
