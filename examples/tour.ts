// `npm start`: one real project, one sandboxed agent, a review, a commit. Every step states what must
// hold, on both sides of the wall, and the program fails when something does not.
import { createSandbox } from '@caisson/bubblewrap'
import type { Policy, Sandbox } from '@caisson/core'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeMounts } from './src/node-mounts.ts'
import { plantSecrets, type PlantedSecrets } from './src/planted-secrets.ts'
import { priceHost, priceService, type PriceService } from './src/price-service.ts'
import { fixture, git, smallProject } from './src/small-project.ts'
import { Story } from './src/story.ts'

const story = new Story()
const runTests = [process.execPath, '--test', '--test-reporter=tap']

/** `1 passed, 1 failed`, out of what Node's test runner printed. */
function counts(tap: string): string {
  const count = (word: string) => new RegExp(`^# ${word} (\\d+)$`, 'm').exec(tap)?.[1] ?? '?'
  return `${count('pass')} passed, ${count('fail')} failed`
}

function testsOnHost(project: string): string {
  const [program = '', ...options] = runTests
  return counts(spawnSync(program, options, { cwd: project, encoding: 'utf8' }).stdout)
}

function createPolicy(project: string): Policy {
  return {
    filesystem: {
      mounts: [{ source: project, target: '/work', access: 'overlay' }, ...nodeMounts()],
      deny: ['.env'],
    },
    network: { allow: [{ host: priceHost, methods: ['GET'], paths: ['/today'] }] },
    resources: { memoryMiB: 512, pids: 128, wallTimeMs: 60_000 },
  }
}

async function open(project: string, service: PriceService): Promise<Sandbox> {
  story.step('A sandbox is created. This is its whole policy:')
  const policy = createPolicy(project)
  story.say(JSON.stringify(policy, null, 2))
  for (const { source } of nodeMounts()) {
    story.say(`Node lies outside /usr on this machine, so ${source} is mounted, read-only.`)
  }
  const { egress } = service
  const sandbox = await createSandbox({ policy, egress })
  story.expect(`it runs: ${sandbox.driver}, isolation "${sandbox.isolation}"`, true)
  return sandbox
}

async function runSuite(sandbox: Sandbox): Promise<void> {
  story.step('The project’s test suite runs inside, as it is.')
  const { stdout, stderr } = await sandbox.exec(runTests)
  const found = counts(stdout)
  if (found !== '1 passed, 1 failed') story.say(stdout + stderr)
  story.expect(`it finds the bug: ${found}`, found === '1 passed, 1 failed')
  const { durationMs } = await sandbox.exec(['true'])
  story.expect(`another command in the same sandbox took ${durationMs.toFixed(2)} ms`, true)
}

async function lookAround(sandbox: Sandbox, secrets: PlantedSecrets): Promise<void> {
  story.step('What exists outside does not exist inside.')
  const { keyFile, variable, url } = secrets
  const outside = readFileSync(keyFile, 'utf8')
  const key = await sandbox.exec(['cat', keyFile])
  const isHidden = outside === 'planted key\n' && key.exitCode !== 0 && key.stdout === ''
  story.expect(`a private key: read here; inside: ${key.stderr.trim()}`, isHidden)

  const value = await sandbox.exec(['printenv', variable])
  const isUnset = process.env[variable] !== undefined && value.exitCode === 1
  story.expect(`$${variable}: set here; inside: unset`, isUnset && value.stdout === '')

  const response = await fetch(url)
  const request = `fetch('${url}').catch((e) => { console.log(e.cause.code); process.exit(9) })`
  const inside = await sandbox.exec([process.execPath, '-e', request])
  const isCutOff = response.ok && inside.exitCode === 9
  story.expect(`a server of this machine: answers here; inside: ${inside.stdout.trim()}`, isCutOff)
}

/** Runs `fetch` of a Node that is told of no proxy, and returns what it printed. */
async function fetchInside(sandbox: Sandbox, call: string) {
  const program = `fetch(${call}).then(async (r) => console.log(r.status, (await r.text()).trim()),
    (e) => console.log(e.cause.code))`
  const unset = ['-u', 'NODE_USE_ENV_PROXY', '-u', 'HTTPS_PROXY', '-u', 'https_proxy']
  const command = ['env', ...unset, process.execPath, '-e', program]
  const { stdout, denials } = await sandbox.exec(command)
  return { printed: stdout.trim(), denials: denials.filter(({ source }) => source === 'proxy') }
}

async function goOut(sandbox: Sandbox, { seen }: PriceService): Promise<void> {
  story.step(
    'One way leads out, for what the policy names. A program that knows of no proxy takes it.',
  )
  const url = `https://${priceHost}/today`
  const allowed = await fetchInside(sandbox, `'${url}'`)
  const isThrough = allowed.printed === '200 a round is 12.50' && seen.join() === 'GET /today'
  story.expect(`GET ${url}: ${allowed.printed}`, isThrough)

  const upload = `'${url}', { method: 'POST', body: 'the whole project' }`
  const posted = await fetchInside(sandbox, upload)
  const isKept = posted.printed.startsWith('403 ') || posted.printed.startsWith('405 ')
  story.expect(`POST to the same: ${posted.printed}`, isKept && posted.denials.length > 0)
  story.expect('nothing of it arrived', seen.length === 1)

  const elsewhere = await fetchInside(sandbox, `'https://elsewhere.example.test/'`)
  const [denial] = elsewhere.denials
  const isUnknown = elsewhere.printed === 'ENOTFOUND' && denial !== undefined
  story.expect(`another host: ${elsewhere.printed}`, isUnknown)
  story.say(denial?.message ?? '')
}

async function letAgentWork(sandbox: Sandbox, project: string): Promise<void> {
  story.step('An agent is let loose on the bug.')
  const agent = readFileSync(fixture('agent.sh'), 'utf8')
  const { exitCode, stderr } = await sandbox.exec(agent)
  story.expect(`it says that it is done${stderr}`, exitCode === 0)
  const { stdout } = await sandbox.exec(runTests)
  story.expect(
    `inside, the suite agrees: ${counts(stdout)}`,
    counts(stdout) === '2 passed, 0 failed',
  )
  const status = git(project, 'status', '--porcelain')
  story.expect('on the host nothing has changed: git status is clean', status === '')
}

async function showDenial(sandbox: Sandbox, project: string): Promise<void> {
  story.step('It also goes where it may not, and is told so in words that a model can act on.')
  const { exitCode, denials } = await sandbox.exec('cat .env && echo got it')
  const hostFile = readFileSync(join(project, '.env'), 'utf8')
  story.expect(`.env exists here, and cannot be read inside`, hostFile !== '' && exitCode !== 0)
  for (const { kind, target, rule, message } of denials) {
    story.say(`${kind} of ${target}, by ${rule}: ${message}`)
  }
  story.expect(
    'the result names the clause',
    denials.some(({ rule }) => rule === 'filesystem.deny[0]'),
  )
}

async function review(sandbox: Sandbox): Promise<void> {
  story.step('Its changes are read before any of them reaches the host.')
  const changes = await sandbox.changes()
  const files = changes.filter(({ kind }) => kind === 'file')
  for (const { type, path, size, rule } of files) {
    story.say(`${type} ${path} (${size} bytes)${rule === null ? '' : `, protected by ${rule}`}`)
  }
  const paths = files.map(({ path }) => path).toSorted()
  const expected = ['.git/hooks/pre-commit', 'package.json', 'src/price.js']
  story.expect('the fix, and two that nobody asked for', paths.join() === expected.join())
  const manifest = await sandbox.fs.readFile('/work/package.json', 'utf8')
  story.say(`package.json would run this from now on: ${/"test": ".*"/.exec(manifest)?.[0]}`)
}

async function commit(sandbox: Sandbox, project: string): Promise<void> {
  story.step('Everything but package.json is committed.')
  const { committed, skipped } = await sandbox.commit(({ path }) => path !== 'package.json')
  const files = committed.filter(({ kind }) => kind === 'file').map(({ path }) => path)
  story.expect(`committed: ${files.join(', ')}`, files.join() === 'src/price.js')
  for (const { change, why } of skipped) story.say(`skipped: ${change.path}, ${why}`)
  const hook = join(project, '.git', 'hooks', 'pre-commit')
  story.expect('the hook did not reach the host', !existsSync(hook))
  const status = git(project, 'status', '--porcelain').trim()
  story.expect(`git status on the host: ${status}`, status === 'M src/price.js')
  const found = testsOnHost(project)
  story.expect(`the suite on the host: ${found}`, found === '2 passed, 0 failed')
}

async function main(): Promise<number> {
  using folder = smallProject()
  const project = join(folder.path, 'my-project')
  await using secrets = await plantSecrets(folder.path)
  await using service = await priceService()

  story.step(`A small project lies in ${project}, with a bug in it.`)
  const found = testsOnHost(project)
  story.expect(`its suite on the host: ${found}`, found === '1 passed, 1 failed')
  {
    await using sandbox = await open(project, service)
    await runSuite(sandbox)
    await lookAround(sandbox, secrets)
    await goOut(sandbox, service)
    await letAgentWork(sandbox, project)
    await showDenial(sandbox, project)
    await review(sandbox)
    await commit(sandbox, project)
    story.step('The sandbox is destroyed.')
  }
  story.expect('no process of it is left', children().length === 0)
  return story.end()
}

/** Processes that this one started and that still run. */
function children(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => parentOf(pid) === process.pid)
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0 // It ended while we looked.
  }
}

process.exitCode = await main()
