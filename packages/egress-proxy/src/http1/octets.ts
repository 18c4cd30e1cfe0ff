const octetsThat = (accepts: (octet: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, octet) => (accepts(octet) ? 1 : 0))

const isAlphanumeric = (octet: number): boolean =>
  (octet >= 0x30 && octet <= 0x39) ||
  (octet >= 0x41 && octet <= 0x5a) ||
  (octet >= 0x61 && octet <= 0x7a)

const isVisible = (octet: number): boolean => octet > 0x20 && octet < 0x7f

const tokenMarks = "!#$%&'*+-.^_`|~"

/** `tchar` of RFC 9110, 5.6.2. One where the octet belongs. */
export const tokenOctets: Uint8Array = octetsThat(
  (octet) => isAlphanumeric(octet) || tokenMarks.includes(String.fromCharCode(octet)),
)

/** What a field value may hold: RFC 9110, 5.5, with `obs-text` and the horizontal tab. */
export const valueOctets: Uint8Array = octetsThat(
  (octet) => octet === 0x09 || (octet >= 0x20 && octet !== 0x7f),
)

/** A request target: visible ASCII, and no fragment, which a target never has. */
export const targetOctets: Uint8Array = octetsThat((octet) => isVisible(octet) && octet !== 0x23)

/** `Host`: nothing that a URL reader could take for the end of an authority or for user information. */
export const authorityOctets: Uint8Array = octetsThat(
  (octet) => isVisible(octet) && !'/@?#,\\'.includes(String.fromCharCode(octet)),
)

/** Registered methods are upper case; anything else is a spelling that readers treat differently. */
export const methodOctets: Uint8Array = octetsThat((octet) =>
  isAlphanumeric(octet) && octet < 0x61 ? true : octet === 0x2d || octet === 0x5f,
)

/** Whether `text` has at least one character and all are in `octets`; above U+00FF nothing is. */
export function consistsOf(text: string, octets: Uint8Array): boolean {
  return text.length > 0 && mayHold(text, octets)
}

/** As `consistsOf`, and the empty text is right too. */
export function mayHold(text: string, octets: Uint8Array): boolean {
  for (let at = 0; at < text.length; at++) {
    if (octets[text.charCodeAt(at)] !== 1) return false
  }
  return true
}
