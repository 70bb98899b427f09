// The nonce under which styles made by script are let through: the server puts a fresh one into each page
// it sends. Read as a property, since browsers hide the attribute.

export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
}
