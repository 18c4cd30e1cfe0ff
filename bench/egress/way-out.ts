import { figure, isMet, type Row, table } from '../table.ts'
import { openArena } from './arena.ts'
import { isOurs } from './contestant.ts'
import { askedMore, contestants } from './contestants.ts'
import { flood } from './flood.ts'
import { judgementCost } from './judgement-cost.ts'
import { microCost } from './micro-cost.ts'
import { opening } from './opening.ts'
import { type Event, type Ground, holdIdle, holdRounds } from './rounds.ts'
import { type Column, direct, Sheet } from './sheet.ts'

const ours = 'Caisson'
const everything = 'Caisson, everything'
const bare = 'bare `pipe()`'

const relayed: Column = { title: 'relay, 4 tunnels', unit: ' MiB/s', better: 'more' }
const idle: Column = { title: '1,000 idle tunnels', unit: ' MiB', better: 'less' }
const few: Column = { title: 'GET, 16 connections', unit: ' requests/s', better: 'more' }
const many: Column = { title: 'GET, 64 connections', unit: ' requests/s', better: 'more' }
const posts: Column = { title: 'POST 1 KiB, 64 connections', unit: ' requests/s', better: 'more' }
const streams: Column = { title: 'HTTP/2, 4 × 16 streams', unit: ' requests/s', better: 'more' }
const warm: Column = { title: 'one request, warm', unit: ' ms', better: 'less' }
const cold: Column = { title: 'connection and request, cold', unit: ' ms', better: 'less' }

const down: Column = { title: 'download of 64 MiB', unit: ' MiB/s', better: 'more' }
const coded: Column = { title: 'the same in gzip', unit: ' MiB/s', better: 'more' }
const up: Column = { title: 'upload of 64 MiB', unit: ' MiB/s', better: 'more' }
const streamed: Column = { title: 'POST 10 KiB, streamed', unit: ' requests/s', better: 'more' }
const judged: Column = { title: 'POST 10 KiB of JSON', unit: ' requests/s', better: 'more' }

const relayCost: Column = { title: 'processor time for 1 MiB', unit: ' µs', better: 'less' }
const getCost: Column = { title: 'processor time for one GET of 64', unit: ' µs', better: 'less' }

/** Memory varies little, and each of these starts every proxy anew. */
const idleRounds = 2

const relayEvents: readonly Event[] = [
  {
    column: relayed,
    load: { mode: 'relay', connections: 4, seconds: 0.6 },
    role: 'relay',
    figure: 'perSecond',
    scale: 1024 * 1024,
    processor: relayCost,
  },
]

const intercepted = {
  role: 'intercept',
  figure: 'perSecond',
} as const

const interceptEvents: readonly Event[] = [
  { ...intercepted, column: few, load: { mode: 'requests', connections: 16, seconds: 0.6 } },
  {
    ...intercepted,
    column: many,
    load: { mode: 'requests', connections: 64, seconds: 0.6 },
    processor: getCost,
  },
  {
    ...intercepted,
    column: posts,
    load: { mode: 'requests', connections: 64, method: 'POST', seconds: 0.6 },
  },
  {
    ...intercepted,
    column: streams,
    load: { mode: 'requests', protocol: 'h2', connections: 4, streams: 16, seconds: 0.6 },
    http2: true,
  },
  {
    ...intercepted,
    column: warm,
    load: { mode: 'requests', connections: 1, seconds: 0.4 },
    figure: 'medianMs',
  },
  { ...intercepted, column: cold, load: { mode: 'cold', seconds: 0.4 }, figure: 'medianMs' },
]

const large = 64 * 1024 * 1024
const alone = { ...intercepted, alone: true } as const
const bulk = { ...alone, bytes: large } as const
const posting = { mode: 'requests', connections: 16, method: 'POST', size: 10_240 } as const

/** What only Caisson is asked for in so many ways. */
const ownEvents: readonly Event[] = [
  { ...bulk, column: down, load: { mode: 'bulk', path: '/bulk', seconds: 1 } },
  { ...bulk, column: coded, load: { mode: 'bulk', path: '/gzip', seconds: 1 } },
  { ...bulk, column: up, load: { mode: 'bulk', method: 'POST', size: large, seconds: 1 } },
  { ...alone, column: streamed, load: { ...posting, seconds: 0.6 } },
  { ...alone, column: judged, load: { ...posting, body: 'json', seconds: 0.6 } },
]

/** The figures of the egress proxy as a part of the page; says which goals were missed. */
export async function measureWayOut(folder: string, isQuick: boolean): Promise<string> {
  const arena = await openArena(folder)
  const rounds = isQuick ? 1 : 5
  const ground: Ground = { arena, sheet: new Sheet(), rounds }
  try {
    await holdRounds(ground, contestants, { role: 'relay', events: relayEvents })
    const events = [...interceptEvents, ...ownEvents]
    await holdRounds(ground, contestants, { role: 'intercept', events })
    await holdIdle({ ...ground, rounds: idleRounds }, contestants, { column: idle, count: 1000 })
    const rows = [
      ...compare(ground),
      ...withMore(ground),
      ...(await judgementCost(isQuick ? 3 : 15)),
      ...(await microCost(isQuick ? 3 : 15)),
      ...(await opening(arena, isQuick ? 3 : 11)),
      await flood(arena, Math.min(rounds, 3)),
    ]
    for (const row of rows.filter((row) => !isMet(row))) console.log(`goal missed: ${row.figure}`)
    return part(ground, rows)
  } finally {
    await arena.stop()
  }
}

function part({ sheet }: Ground, rows: readonly Row[]): string {
  const failures = sheet.failures()
  const named = (role: 'relay' | 'intercept') =>
    contestants.filter(({ roles }) => roles.includes(role)).map(({ name }) => name)
  return [
    'Medians of rounds in which all take turns. Each proxy has processor 0 for itself; the load generator',
    'and the server, both in C, share processor 1. Processor time is that of the proxy alone, which a busy',
    'machine touches least. In brackets: that figure divided by ours. Nothing keeps a log but what a goal',
    'names. Ours judges by a policy of 10 rules, budgets included; the others let all through that their',
    'defaults do. Ours refuses what comes in anybody’s name; beside that, it writes an audit trail, looks for',
    'three canaries in what leaves, or sets a key and a tenant, looks for the key in what leaves and overwrites',
    'it in what comes back; or everything at once.',
    '',
    'Bytes passed on unread, through CONNECT:',
    '',
    sheet.table([relayed, relayCost, idle], [direct, ...named('relay')], ours),
    'TLS intercepted, each request read, 512 bytes answered, connections kept on both sides. Who vouched for',
    'the leaf is looked at each time. mitmproxy offers HTTP/2 only where the server does, squid and',
    'sandbox-runtime never:',
    '',
    sheet.table(
      [few, many, getCost, posts, streams, warm, cold],
      [direct, ...named('intercept')],
      ours,
    ),
    'Large bodies, and bodies of JSON, which are read whole and strictly and written anew. Where there is a key,',
    'a coding is undone, so that more bytes reach the client:',
    '',
    sheet.table(
      [down, coded, up, streamed, judged],
      [direct, ...named('intercept').filter(isOurs)],
      ours,
    ),
    ...(failures.length === 0 ? [] : ['What failed:', '', ...failures, '']),
    table(rows),
  ].join('\n')
}

function compare({ sheet, rounds }: Ground): Row[] {
  const peers = contestants.map(({ name }) => name).filter((name) => !isOurs(name) && name !== bare)
  const nodePeers = peers.filter((name) => /^(proxy-chain|sandbox-runtime|mockttp)/.test(name))
  const row = (column: Column, what: Pick<Row, 'value' | 'unit' | 'goal' | 'floor'>): Row => {
    const best = sheet.best(column, peers)
    const mine = sheet.median(column, ours)
    return {
      figure: column.title,
      ours: mine === null ? 'failed' : `${figure(mine)}${column.unit}`,
      peer: best === null ? '–' : `${best.who}: ${figure(best.value)}${column.unit}`,
      samples: rounds,
      ...what,
    }
  }
  const against = (column: Column, bound: number, rivals: readonly string[]): Row => {
    const best = sheet.best(column, rivals)
    const mine = sheet.median(column, ours) ?? 0
    const floor = best === null ? '–' : `${figure(best.value)}${column.unit}, ${best.who}`
    if (best === null) return row(column, { value: mine, unit: column.unit, goal: null, floor })
    const [more, less] = column.better === 'more' ? [mine, best.value] : [best.value, mine]
    const goal = { kind: 'at-least', bound } as const
    return row(column, { value: more / less, unit: '×', goal, floor })
  }
  const added = (column: Column, goal: Row['goal']): Row => {
    const [mine, without] = [sheet.median(column, ours), sheet.median(column, direct)]
    const value = (mine ?? NaN) - (without ?? NaN)
    const floor = `${figure(without ?? NaN)} ms, ${direct}`
    return { ...row(column, { value, unit: ' ms', goal, floor }), figure: `${column.title}: added` }
  }
  return [
    against(relayed, 0.8, [bare]),
    {
      ...against(relayed, 1, nodePeers),
      figure: `${relayed.title}, against the best peer in Node`,
    },
    ...[few, many, getCost, posts, streams].map((column) => against(column, 1, peers)),
    added(warm, { kind: 'at-most', bound: 0.5 }),
    added(cold, null),
    {
      ...row(idle, {
        value: sheet.median(idle, ours) ?? NaN,
        unit: ' MiB',
        goal: { kind: 'at-most', bound: 60 },
        floor: '–',
      }),
      samples: idleRounds,
    },
  ]
}

/** What each thing more costs, against Caisson that only judges; and everything against the peers. */
function withMore({ sheet, rounds }: Ground): Row[] {
  const peers = contestants.map(({ name }) => name).filter((name) => !isOurs(name) && name !== bare)
  const told = (column: Column, who: string): string =>
    `${figure(sheet.median(column, who) ?? NaN)}${column.unit}`
  const share = (column: Column, who: string, goal: Row['goal']): Row => {
    const [mine, plain] = [sheet.median(column, who) ?? NaN, sheet.median(column, ours) ?? NaN]
    return {
      figure: `${column.title}: ${who.replace('Caisson, ', 'with ')}`,
      ours: told(column, who),
      floor: `${told(column, ours)}, only judged`,
      value: column.better === 'more' ? mine / plain : plain / mine,
      unit: '×',
      goal,
      peer: '–',
      samples: rounds,
    }
  }
  const ahead = (column: Column): Row => {
    const figure = `${column.title}: with everything, against the best peer`
    const best = sheet.best(column, peers)
    if (best === null) return { ...share(column, everything, null), figure }
    const [more, less] = [sheet.median(column, everything) ?? NaN, best.value]
    return {
      ...share(column, everything, { kind: 'at-least', bound: 1 }),
      figure,
      floor: `${told(column, best.who)}, ${best.who}`,
      value: column.better === 'more' ? more / less : less / more,
    }
  }
  const added = (sheet.median(warm, everything) ?? NaN) - (sheet.median(warm, direct) ?? NaN)
  const goal = (who: string): Row['goal'] =>
    who === everything ? { kind: 'at-least', bound: 0.7 } : null
  return [
    ...askedMore.map(({ name }) => share(getCost, name, goal(name))),
    ...[few, many, posts, streams].map(ahead),
    ...[down, coded, up, judged].map((column) => share(column, everything, null)),
    {
      ...share(warm, everything, { kind: 'at-most', bound: 0.5 }),
      figure: `${warm.title}: added with everything`,
      floor: told(warm, direct),
      value: added,
      unit: ' ms',
    },
    {
      ...share(idle, everything, { kind: 'at-most', bound: 60 }),
      value: sheet.median(idle, everything) ?? NaN,
      unit: ' MiB',
      samples: idleRounds,
    },
  ]
}
