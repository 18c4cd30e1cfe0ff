import { SandboxError } from '@caisson/core'
import type {
  EgressAlarm,
  EgressDecision,
  EgressDoor,
  EgressGateway,
  EgressRequest,
  EgressSession,
  EgressUsage,
  Policy,
  PolicyFinding,
} from '@caisson/core'

/** Doors as a real gateway has them: a proxy, listeners for those who ignore it, and a resolver. */
export const allDoors: readonly EgressDoor[] = [
  { kind: 'proxy', protocol: 'tcp', address: '127.0.0.1', port: 3128 },
  { kind: 'transparent', protocol: 'tcp', address: '0.0.0.0', port: 443 },
  { kind: 'resolver', protocol: 'udp', address: '127.0.0.1', port: 53 },
]

/** A self-signed authority; its key was thrown away. Public, as every certificate. */
export const certificate: string = `-----BEGIN CERTIFICATE-----
MIIBmjCCAT+gAwIBAgIUfoeHBY55nTAphEKBde8T0TxR77YwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWQ2Fpc3NvbiB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjMyMjU2
MjBaGA8yMTI2MTAzMDIyNTYyMFowITEfMB0GA1UEAwwWQ2Fpc3NvbiB0ZXN0IGF1
dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABItDYNOndOQ5hflyJ+cW
N6ueb5t332vHsWYu633X0cUoqVcEY5oNcMaVafq9KvzX/Yr0SY3Wlm1kRIBSDXEW
pj+jUzBRMB0GA1UdDgQWBBSl0mr+onv7V3JTPyROF8Nd5b4m3jAfBgNVHSMEGDAW
gBSl0mr+onv7V3JTPyROF8Nd5b4m3jAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0kAMEYCIQC5LLlnwqaG4b94Dyiig/iOWkuiijID5mTJdsGufzeQTQIhAP0y
Il99jqxiAkXoZsbsVYTUz198u/SFtHFrvjo1urtM
-----END CERTIFICATE-----
`

type Ended = Awaited<EgressSession['ended']>

/** A way out in memory; the test plays the proxy. */
export class FakeEgress implements EgressSession {
  readonly request: EgressRequest
  readonly doors: readonly EgressDoor[]
  readonly certificate = certificate
  readonly environment: Readonly<Record<string, string>>
  readonly rotated: string[] = []
  readonly revoked: string[] = []
  readonly ended: Promise<Ended>
  readonly updates: Policy[] = []
  closes = 0
  /** What `update` waits for. */
  judge: (policy: Policy) => Promise<void> = () => Promise.resolve()
  readonly #log: string[]
  #end: (end: Ended) => void = () => undefined
  #sequence = 0

  constructor(request: EgressRequest, made: FakeGateway) {
    this.request = request
    this.doors = made.doors
    this.environment = made.environment
    this.#log = made.log
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async listen(): Promise<void> {
    throw new Error('nothing listens here')
  }

  accept(): void {
    throw new Error('nothing is accepted here')
  }

  async update(policy: Policy): Promise<void> {
    await this.judge(policy)
    this.updates.push(policy)
  }

  async rotateCredential(id: string): Promise<void> {
    this.#refuseStranger(id)
    this.rotated.push(id)
  }

  async revokeCredential(id: string): Promise<void> {
    this.#refuseStranger(id)
    this.revoked.push(id)
  }

  usage(): EgressUsage {
    return { allowed: 1, denied: 2, bytesOut: 3, bytesIn: 4, openConnections: 5 }
  }

  async close(): Promise<void> {
    this.closes += 1
    this.#log.push('egress closed')
    this.#end({ reason: 'closed', detail: 'closed' })
  }

  /** What ran it is gone. */
  fail(detail: string): void {
    this.#end({ reason: 'failed', detail })
  }

  /** Decides about a request: a refused GET, unless said otherwise. */
  decide(part: Partial<EgressDecision> = {}): void {
    this.#sequence += 1
    const refused: EgressDecision = {
      sequence: this.#sequence,
      time: 1_700_000_000_000,
      verdict: 'deny',
      code: 'host_not_allowed',
      door: 'connect',
      host: 'evil.example',
      port: 443,
      method: 'GET',
      path: '/a',
      rule: null,
      reason: 'No rule names this host.',
      remedy: 'Ask for it in network.allow.',
      policyVersion: 1,
      processId: null,
    }
    this.request.onDecision({ ...refused, ...part })
  }

  /** Tells an alarm: a canary that was about to leave, unless said otherwise. */
  alarm(part: Partial<EgressAlarm> = {}): void {
    const found: EgressAlarm = {
      kind: 'canary_found',
      time: 1_700_000_000_000,
      host: 'evil.example',
      about: 'backup-key',
      message: 'A canary was about to leave.',
      processId: null,
    }
    this.request.onAlarm({ ...found, ...part })
  }

  #refuseStranger(id: string): void {
    if (this.request.policy.credentials?.[id] === undefined)
      throw new TypeError('no such credential')
  }
}

/** Makes ways out in memory, and writes down in which order things happen. */
export class FakeGateway implements EgressGateway {
  readonly sessions: FakeEgress[] = []
  readonly log: string[] = []
  doors = allDoors
  environment: Readonly<Record<string, string>> = {}
  /** What `open` waits for. */
  ready: (request: EgressRequest) => Promise<void> = () => Promise.resolve()

  async open(request: EgressRequest): Promise<FakeEgress> {
    this.log.push('egress opening')
    await this.ready(request)
    const session = new FakeEgress(request, this)
    this.sessions.push(session)
    this.log.push('egress open')
    return session
  }
}

/** One that looks for ways out, and finds what the test says. */
export class FakeAuditor extends FakeGateway {
  readonly audited: Policy[] = []
  /** What it finds. */
  find: (policy: Policy) => readonly PolicyFinding[] = () => []

  audit(policy: Policy): readonly PolicyFinding[] {
    this.audited.push(policy)
    return this.find(policy)
  }
}

/** What a gateway says to a clause that it cannot enforce. */
export function unsupported(message: string): SandboxError {
  return new SandboxError('POLICY_UNSUPPORTED', message)
}
