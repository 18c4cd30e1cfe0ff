import type { CredentialCarrier } from '@caisson/core'
import { parseJson, writeJson } from '../body/strict-json.ts'
import { basicCarrier } from './basic-carrier.ts'
import { type Carrier, RequestFault } from './carrier.ts'
import { cookieCarrier } from './cookie-carrier.ts'
import { headerCarrier } from './header-carrier.ts'
import { jsonCarrier, type JsonText } from './json-carrier.ts'
import { mtlsCarrier } from './mtls-carrier.ts'
import { pathCarrier } from './path-carrier.ts'
import { queryCarrier } from './query-carrier.ts'
import { sigv4Carrier } from './sigv4-carrier.ts'

const json: JsonText = {
  parse: (bytes) => {
    const read = parseJson(bytes)
    if ('fault' in read)
      throw new RequestFault('the body is no JSON that a credential could be put into')
    return read.value
  },
  write: writeJson,
}

/**
 * The carrier that a policy names.
 *
 * @throws CarrierFault for a place that is none
 * @throws TypeError for a signature without service or region
 */
export function createCarrier(carrier: CredentialCarrier): Carrier {
  if ('header' in carrier) return headerCarrier(carrier.header, carrier.scheme ?? null)
  if ('basic' in carrier) return basicCarrier(carrier.basic)
  if ('query' in carrier) return queryCarrier(carrier.query)
  if ('cookie' in carrier) return cookieCarrier(carrier.cookie)
  if ('sigv4' in carrier) return sigv4Carrier(carrier.sigv4)
  if ('mtls' in carrier) return mtlsCarrier()
  if ('path' in carrier) return pathCarrier(carrier.path.segment, carrier.path.prefix ?? '')
  return jsonCarrier(carrier.json, json)
}
