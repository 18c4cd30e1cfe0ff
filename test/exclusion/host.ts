// A host application with secrets wherever such applications have them. It makes a sandbox, has it
// searched, and prints all that the library lets it see. What the search reads goes out at descriptor 3.
import { createSandbox, type BubblewrapSandboxOptions } from '@caisson/bubblewrap'
import { describePolicy, diffPolicy, parsePolicy, type Policy, type Sandbox } from '@caisson/core'
import { auditPolicy } from '@caisson/egress-proxy'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { hostsOf, policyOf, requestsOf } from './host-policy.ts'
import { openStores, type HostStores } from './host-stores.ts'
import { type Orders, proof, type Search } from './orders.ts'
import { ship } from './records.ts'
import { readPath, type Take } from './search-files.ts'
import { listenTo } from './search-network.ts'

const orders = JSON.parse(await text(process.stdin)) as Orders
const shipped = createWriteStream('', { fd: 3 })
const policy = policyOf(orders)
const { held } = orders

function print(what: string, value: unknown): void {
  const seen = inspect(value, { depth: 8, showHidden: false, getters: true, maxStringLength: null })
  console.log(`${what}: ${seen}`)
  console.log(`${what} as JSON: ${asJson(value)}`)
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return 'none'
  }
}

function options(more: Policy = policy): BubblewrapSandboxOptions {
  return {
    policy: more,
    egress: {
      isolate: orders.isolate,
      trust: orders.trust,
      hosts: hostsOf(orders, policy),
      audit: { path: orders.auditPath, strict: true },
      providers: {
        mine: () => ({ value: held.provider }),
        throwing: () => {
          throw new Error(`it is not ${held.providerError}`)
        },
      },
    },
  }
}

/** Policies that are refused, each with a secret in it. */
function badPolicies(): readonly unknown[] {
  const secret = held.refusedPolicy
  const carrier = { header: 'x-api-key' }
  const own = (source: unknown, how: unknown = carrier): unknown => ({
    ...policy,
    credentials: { ...policy.credentials, key: { source, carrier: how } },
  })
  return [
    own({ static: secret, ttl: 1 }),
    own({ static: [secret] }),
    own({ static: `${secret}\n`, ttlMs: -1 }),
    own({ statik: secret }),
    own(secret),
    own({ static: secret, env: 'HOME' }),
    own({ static: secret }, { header: 'Bad Header' }),
    own({ static: secret }, { sigv4: { service: 's3' } }),
    own({ env: [secret] }),
    { ...policy, network: { allow: [{ host: 'a.test', identity: 'nobody' }] }, more: secret },
    { ...policy, network: { canaries: { trap: { value: `${secret}\u0001` } } } },
    { ...policy, environment: { TOKEN: { value: secret } } },
  ]
}

async function refusals(act: (bad: Policy) => Promise<unknown>, name: string): Promise<void> {
  for (const bad of badPolicies() as Policy[]) {
    if (name === 'update' && bad.network === policy.network) continue
    const error = await act(bad).then(
      () => 'accepted',
      (thrown: unknown) => thrown,
    )
    print(`${name} refused`, error)
    if (error instanceof Error) console.log(String(error), error.stack, inspect(error.cause))
  }
}

async function search(sandbox: Sandbox, wanted: Search): Promise<void> {
  const argv = ['node', '/search/search.js', JSON.stringify(wanted)]
  const child = await sandbox.spawn(argv, {
    stderr: 'pipe',
    cwd: '/workspace',
    maxOutputBytes: 1024,
  })
  const complaint = text(child.stderr)
  for await (const chunk of child.stdout) if (!shipped.write(chunk)) await once(shipped, 'drain')
  console.error(`searched after ${Math.round(performance.now())} ms`)
  print('the search ended', await child.wait())
  console.log(await complaint)
}

function wantedOf(stores: HostStores): Search {
  const { paths, abstractName } = orders
  return {
    paths,
    abstract: [abstractName],
    ports: [stores.port, orders.originPort, orders.tokenPort],
    addresses: ['127.0.0.1', '::1', '0.0.0.0', '10.0.2.2', '169.254.169.254'],
    requests: requestsOf(policy),
    numbers: stores.numbers,
  }
}

/** Reads on the host what the search tries inside, in the same ways: it is there to be found. */
async function prove(stores: HostStores): Promise<void> {
  const take: Take = (_, content) => ship(3, proof, content)
  for (const path of [...orders.paths, '/proc/self/environ', '/proc/self/cmdline']) {
    readPath(path, take)
    await listenTo({ path }, 'hello', take)
  }
  await listenTo({ path: `\0${orders.abstractName}` }, 'hello', take)
  await listenTo({ host: '127.0.0.1', port: stores.port }, 'hello', take)
  take(proof, stores.readable)
}

/** Everything that the library shows of a sandbox. */
async function show(sandbox: Sandbox): Promise<void> {
  const restricted = sandbox.restricted()
  print('sandbox', sandbox)
  console.log(inspect(sandbox, { showHidden: true, depth: 4 }))
  print('parts', [sandbox.network, sandbox.credentials, sandbox.fs, sandbox.ports, restricted])
  print('findings', sandbox.findings)
  print('usage', [await sandbox.usage(), sandbox.network.usage(), sandbox.processes])
  print('description', sandbox.describe())
  print('enforcement', sandbox.enforcement)
}

async function act(sandbox: Sandbox, stores: HostStores): Promise<void> {
  const wanted = wantedOf(stores)
  const requests = wanted.requests.filter(({ url }) => !/how=(?!plain|challenge)/.test(url))
  const few = { ...wanted, requests, requestsOnly: true }
  await search(sandbox, few)
  for (const id of Object.keys(policy.credentials ?? {})) await sandbox.credentials.rotate(id)
  print('unknown', await sandbox.credentials.rotate('unknown').catch((error: unknown) => error))
  await refusals((bad) => sandbox.network.update(bad.network ?? {}), 'update')
  await search(sandbox, wanted)
  await show(sandbox)
  await sandbox.credentials.revoke('bearer')
  await search(sandbox, few)
  await show(sandbox)
}

async function main(): Promise<void> {
  await using stores = await openStores(orders)
  console.error(`kernel stores: ${stores.numbers.join(' ')}`)
  await prove(stores)
  await refusals((bad) => createSandbox(options(bad)), 'sandbox')
  const parsed = parsePolicy(policy)
  console.log(describePolicy(parsed))
  const query = { source: { static: held.refusedPolicy }, carrier: { query: 'key' } }
  const changed = parsePolicy({ ...policy, credentials: { ...policy.credentials, query } })
  print('changes', diffPolicy(parsed, changed))
  print('audit', auditPolicy(policy))
  await using sandbox = await createSandbox(options())
  for (const name of ['request', 'denial', 'alarm', 'log', 'limit', 'exit', 'end'] as const)
    sandbox.on(name, (event) => print(name, event))
  const events = (async () => {
    for await (const event of sandbox.events()) print('event', event)
  })()
  await act(sandbox, stores)
  await sandbox.destroy()
  await events
  print('afterwards', await sandbox.exec('true').catch((error: unknown) => error))
  console.log('the host is done')
}

await main()
shipped.end()
