import { quoted } from './quoted.ts'
import type { Credential, CredentialCarrier, NetworkPolicy, Policy } from './types.ts'

/** Where the secret goes, so that whoever writes a request leaves that place alone. */
function placeOf(carrier: CredentialCarrier): string {
  if ('header' in carrier) return `in the header ${JSON.stringify(carrier.header)}`
  if ('basic' in carrier) return `as the password of ${JSON.stringify(carrier.basic)}`
  if ('query' in carrier) return `in the query key ${JSON.stringify(carrier.query)}`
  if ('cookie' in carrier) return `in the cookie ${JSON.stringify(carrier.cookie)}`
  if ('sigv4' in carrier)
    return `as the signature for ${quoted([carrier.sigv4.service, carrier.sigv4.region])}`
  if ('mtls' in carrier) return 'as the certificate of the client'
  if ('path' in carrier) return `in segment ${carrier.path.segment} of the path`
  return `in the JSON body at ${JSON.stringify(carrier.json)}`
}

/** The hosts whose rules name a credential. */
function hostsOf(id: string, { allow = [], ask = [] }: NetworkPolicy): readonly string[] {
  const hosts = [...allow, ...ask].flatMap((rule) =>
    typeof rule !== 'string' && rule.identity === id ? [rule.host] : [],
  )
  return [...new Set(hosts)]
}

function dummyText({ carrier, expose }: Credential): string {
  if (expose === undefined) return ''
  const names = 'sigv4' in carrier ? [expose, 'AWS_SECRET_ACCESS_KEY'] : [expose]
  const holds = names.length === 1 ? 'holds' : 'and its like hold'
  return `; ${names.length === 1 ? 'the variable' : 'the variables'} ${quoted(names)} ${holds} a stand-in for programs that want a key, which is refused everywhere else`
}

/** Which credentials are added where, and that nobody inside has to have them. One line each. */
export function describeCredentials({ credentials = {}, network = {} }: Policy): readonly string[] {
  const lines = Object.entries(credentials).flatMap(([id, credential]) => {
    const hosts = hostsOf(id, network)
    if (hosts.length === 0) return []
    const place = placeOf(credential.carrier)
    return `- ${JSON.stringify(id)}: for ${quoted(hosts)}, ${place}${dummyText(credential)}.`
  })
  if (lines.length === 0) return []
  return [
    'These credentials are added to requests on their way out. No key is needed for them, and none can be found inside; requests with other keys are refused:',
    ...lines,
  ]
}
