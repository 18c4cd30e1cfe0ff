import { createSandbox } from '@caisson/bubblewrap'
import { expect } from 'chai'
import { Finder, type Sighting } from './exclusion/finder.ts'
import { knowsKernelStores } from './exclusion/kernel-stores.ts'
import { planted } from './exclusion/made-up.ts'
import { proof } from './exclusion/orders.ts'
import { RecordReader } from './exclusion/records.ts'
import { type HostRun, runHost, SearchReading, withPrograms } from './exclusion/stage.ts'
import { canTrace, type Started } from './exclusion/started.ts'

const isLinux = process.platform === 'linux'
const why = isLinux ? '' : ' (skipped: bubblewrap needs Linux)'
const isTraced = isLinux && canTrace()
const whyUntraced = isTraced ? '' : ' (skipped: strace is not here, or may not trace)'

/** Machines that test are busy. */
const longestMs = 180_000

/** What the host application has from nobody but the test or a service, and can read nowhere. */
const handedOver = [
  'static source',
  'provider source',
  'leased by Vault',
  'given by OAuth 2.0',
  'refused policy',
  'error of a provider',
]

/** What the requests carried in one form or another; a secret key of AWS only signs. */
const used = [
  'OPENAI_API_KEY',
  'TWILIO_AUTH_TOKEN',
  'HF_TOKEN',
  'AWS_ACCESS_KEY_ID',
  'AWS_SESSION_TOKEN',
  'keys/service',
  'keys/command',
  'static source',
  'provider source',
  'leased by Vault',
  'given by OAuth 2.0',
]

function secretsAt(found: readonly Sighting[], where: string): string[] {
  return [...new Set(found.flatMap((one) => (one.where === where ? [one.secret] : [])))].sort()
}

/** Programs that a policy names to have a secret from, and what those start; they get the host's variables. */
function isSource({ argv }: Started): boolean {
  return (
    argv.includes('/keys/command"') ||
    /"\/tmp[^"]*\/failing"|"[^"]*caisson-exclusion-[^"/]*\/failing"/.test(argv)
  )
}

function lookAt(
  run: HostRun,
  part: (one: Started) => string,
  which: readonly Started[],
): readonly Sighting[] {
  const finder = new Finder(run.secrets.all)
  for (const one of which) finder.look(one.path, part(one))
  return finder.found
}

for (const isolate of ['none', 'process'] as const)
  describe(`secrets of a host whose proxy has isolate ${isolate}${why}`, function () {
    this.timeout(longestMs)
    let run: HostRun
    before(async function () {
      if (why !== '') this.skip()
      run = await runHost(isolate, isTraced)
    })

    it('are fifty of different shapes, which can be found where the host has them', () => {
      const names = run.secrets.all.map(({ name }) => name)
      expect(names.length).to.be.at.least(40)
      // Where the kernel has no keyrings or segments for us, there is nothing to be found.
      const numbers = /kernel stores: (-?\d+) (-?\d+)/.exec(run.stderr)?.slice(1).map(Number) ?? []
      const missing = ['System V shared memory', 'kernel keyring'].filter(
        (_, at) => !knowsKernelStores || (numbers[at] ?? -1) < 0,
      )
      const expected = names.filter((name) => ![...handedOver, ...missing].includes(name))
      expect(secretsAt(run.inside.found, proof)).to.deep.equal(expected.sort())
    })

    it('are used: what needs them works', () => {
      expect([run.exitCode, run.stderr]).to.satisfy(([code]: readonly unknown[]) => code === 0)
      expect(run.stdout).to.include('the host is done')
      expect(secretsAt(run.arrived.found, 'the origin')).to.deep.equal(used.toSorted())
    })

    it('are looked for everywhere inside', () => {
      const labels = [...run.read.keys()]
      const some = (pattern: RegExp): boolean => labels.some((label) => pattern.test(label))
      const places = [
        /^environment$/,
        /^\/proc\/1\/(?:status|cmdline)$/,
        /^\/proc\/\d+\/environ$/,
        /^memory of \d+$/,
        /^link \/proc\/\d+\/fd\/\d+$/,
        /^\/workspace\/readme\.txt$/,
        /^\/etc\//,
        /^names in \/dev$/,
        /^answer 200 of https:\/\/bearer\./,
        /^answer 401 of https:\/\/key\./,
        /^answer 503 of https:\/\/failing\./,
        /^answer 503 of https:\/\/throwing\./,
        /^answer 403 of https:\/\/bearer\./,
        /^socket .*127\.0\.0\.1/,
        /^command env/,
        /^kernel$/,
        /^end$/,
      ]
      expect(places.filter((place) => !some(place))).to.deep.equal([])
      // Page tables of the kernel, which hold no contents; memory is read by its ranges; programs are the host's.
      const known =
        /^\/usr$|^\/proc\/(?:kpage\w+|(?:\d+\/|self\/)?(?:task\/\d+\/)?(?:mem|pagemap))$/
      expect(run.unread.filter((path) => !known.test(path))).to.deep.equal([])
    })

    it('are nowhere inside', () => {
      expect(run.inside.found.filter(({ where }) => where !== proof)).to.deep.equal([])
    })

    it('are in nothing that the host writes, with every debug output on', () => {
      expect(run.stderr).to.include('caisson:')
      expect(run.audit.split('\n').length).to.be.above(100)
      for (const part of [
        'POLICY_INVALID',
        'credential_failed',
        'secret_reflected',
        'canary_found',
      ])
        expect(run.stdout).to.include(part)
      expect(run.outside.found).to.deep.equal([])
    })

    it('are in no file that a proxy of its own has open', () => {
      expect(run.proxies).to.deep.equal(isolate === 'process' ? [false] : [])
    })

    it(`are on no command line that the host starts${whyUntraced}`, function () {
      if (run.started === null) return this.skip()
      const [host, ...children] = run.started
      if (host === undefined) throw new Error('nothing was traced')
      expect(lookAt(run, ({ argv }) => argv, [host]).map(({ secret }) => secret)).to.deep.equal([
        'argument of the host',
      ])
      expect(children.some(({ path }) => path.endsWith('/bwrap'))).to.equal(true)
      expect(lookAt(run, ({ argv }) => argv, children)).to.deep.equal([])
    })

    it(`are in the environment of programs only that the policy has a secret from${whyUntraced}`, function () {
      if (run.started === null) return this.skip()
      const [host, ...children] = run.started
      if (host === undefined) throw new Error('nothing was traced')
      const variables = Object.keys(run.secrets.variables).sort()
      const all = ({ environment }: Started): string => environment
      const names = (found: readonly Sighting[]): string[] =>
        [...new Set(found.map(({ secret }) => secret))].sort()
      expect(names(lookAt(run, all, [host]))).to.deep.equal(variables)
      // They get the host's environment, as tools that keep secrets need it; they are the host's own choice.
      expect(names(lookAt(run, all, children.filter(isSource)))).to.deep.equal(variables)
      expect(
        lookAt(
          run,
          all,
          children.filter((one) => !isSource(one)),
        ),
      ).to.deep.equal([])
    })
  })

async function feed(
  stdin: WritableStream<Uint8Array | string> | null,
  text: string,
): Promise<void> {
  const writer = stdin?.getWriter()
  await writer?.write(text)
  await writer?.close()
}

/** Runs the search in a sandbox where something is to be found in each place that it looks at. */
async function searchPlanted(): Promise<readonly Sighting[]> {
  const all = ['variable', 'file', 'memory', 'descriptor', 'socket', 'argument', 'answer'].map(
    planted,
  )
  const value = (name: string): string => all.find((one) => one.name === name)?.value ?? ''
  const finder = new Finder(all)
  const search = new SearchReading(finder)
  const records = new RecordReader((label, content) => search.take(label, content))
  const wanted = { paths: [], abstract: [], ports: [], addresses: [], numbers: [] }
  await withPrograms(async (programs) => {
    const mounts = [{ source: programs, target: '/search', access: 'read' as const }]
    const environment = { PLANTED: value('variable') }
    await using sandbox = await createSandbox({ policy: { environment, filesystem: { mounts } } })
    await sandbox.fs.writeFile('/tmp/planted', value('file'))
    await sandbox.fs.writeFile('/tmp/held', value('descriptor'))
    // An open file that has no name any more; one that holds the text in its arguments; a server.
    const helper = `
      const server = (text) => (socket) => socket.on('error', () => {}).end(text)
      const { createServer } = require('node:net')
      const [socket, page] = require('node:fs').readFileSync(0, 'latin1').split(' ')
      createServer(server(Buffer.from(socket, 'base64'))).listen('\\0planted', () =>
        createServer(server('HTTP/1.1 200 OK\\r\\n\\r\\n' + Buffer.from(page, 'base64'))).listen(8099, '127.0.0.1', () =>
          console.log('ready')))`
    const shell = 'exec 3</tmp/held; rm /tmp/held; exec node -e "$0" planted "$1"'
    const helping = await sandbox.spawn(['/bin/sh', '-c', shell, helper, value('argument')], {
      stdin: 'pipe',
    })
    const coded = ['socket', 'answer'].map((name) => Buffer.from(value(name)).toString('base64'))
    await feed(helping.stdin, coded.join(' '))
    for await (const chunk of helping.stdout) if (Buffer.from(chunk).includes('ready')) break
    const requests = [{ url: 'http://127.0.0.1:8099/', method: 'GET' }]
    const argv = ['node', '/search/search.js', JSON.stringify({ ...wanted, requests })]
    const child = await sandbox.spawn(argv, { stdin: 'pipe' })
    await feed(child.stdin, `${value('memory')}\n`)
    for await (const chunk of child.stdout) records.take(Buffer.from(chunk))
  })
  return finder.found
}

describe(`the search for secrets inside${why}`, function () {
  this.timeout(longestMs)
  let found: readonly Sighting[] = []
  before(async function () {
    if (why !== '') this.skip()
    found = await searchPlanted()
  })

  const places: readonly [name: string, where: RegExp][] = [
    ['variable', /^environment$/],
    ['variable', /^\/proc\/\d+\/environ$/],
    ['variable', /^command env/],
    ['file', /^\/tmp\/planted$/],
    ['argument', /^\/proc\/\d+\/cmdline$/],
    ['descriptor', /^\/proc\/\d+\/fd\/3$/],
    ['memory', /^memory of \d+$/],
    ['socket', /^socket .*planted/],
    ['answer', /^answer 200 of/],
  ]
  for (const [name, where] of places)
    it(`finds one in a ${name} (${where.source})`, () => {
      const seen = found.flatMap((one) => (one.secret === name ? [one.where] : []))
      expect(
        seen.some((place) => where.test(place)),
        seen.join('\n'),
      ).to.equal(true)
    })
})
