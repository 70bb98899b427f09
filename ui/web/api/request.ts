// One request: its address, its errors. What may be asked of which path, and what it answers, is as the
// OpenAPI document says: schema.ts is made from it by `npm run api`.

import type { paths } from './schema'

/** Paths that answer a GET with JSON. */
type Readable = {
  [P in keyof paths]: paths[P] extends { readonly get: Answering } ? P : never
}[keyof paths]

/** What such a path answers, where it is of this version. */
export type Answer<P extends Readable> = paths[P] extends { readonly get: Answering<infer T> } ? T : never

/** The names of what it may be asked. */
type Asked<P extends Readable> = paths[P] extends { readonly get: { readonly parameters: { readonly query?: infer Q } } }
  ? { readonly [name in keyof NonNullable<Q>]?: string | undefined }
  : never

interface Answering<T = unknown> {
  readonly responses: { readonly 200: { readonly content: { readonly 'application/json': T } } }
}

/** Paths that take a POST of JSON and answer it with JSON. */
type Postable = {
  [P in keyof paths]: paths[P] extends { readonly post: Taking & (Answering | Making) } ? P : never
}[keyof paths]

/** What such a path takes, and what it answers. */
type PutBody<P extends Puttable> = paths[P] extends { readonly put: Taking<infer T> } ? T : never
export type Body<P extends Postable> = paths[P] extends { readonly post: Taking<infer T> } ? T : never
export type Reply<P extends Postable> = paths[P] extends { readonly post: Answering<infer T> | Making<infer T> } ? T : never

/** What is answered where something is made. */
interface Making<T = unknown> {
  readonly responses: { readonly 201: { readonly content: { readonly 'application/json': T } } }
}

/** Paths at which one thing is put, or taken away. */
type Puttable = { [P in keyof paths]: paths[P] extends { readonly put: Taking } ? P : never }[keyof paths]
type Removable = { [P in keyof paths]: paths[P] extends { readonly delete: object } ? P : never }[keyof paths]

interface Taking<T = unknown> {
  readonly requestBody: { readonly content: { readonly 'application/json': T } }
}

/** A refusal or a failure, in the words of the server where it had any. */
export class Fault extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string | undefined,
    /** Counts characters from 1. */
    readonly column: number | undefined,
    /** Which parameter or part of the body it is about. */
    readonly field?: string | undefined,
  ) {
    super(message)
  }
}

/** Any error as a fault; what `fetch` itself throws means that nobody answered. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new Fault('unreachable', 'the server does not answer', detail, undefined)
}

/** Asks a path. `place` fills the `{name}`s in it. */
export async function get<P extends Readable>(
  path: P,
  asked: Asked<P>,
  signal: AbortSignal | undefined,
  place: Readonly<Record<string, string>> = {},
): Promise<Answer<P>> {
  const response = await send(filled(path, place) + queryString(asked), { signal: signal ?? null, headers: JSON_WANTED })
  return (await response.json()) as Answer<P>
}

function filled(path: string, place: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(place[name] ?? ''))
}

/** The answer when it is a success, else its fault is thrown. */
export async function send(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init)
  if (response.ok) return response
  const fault = await faultOf(response)
  if (response.status === 401) for (const listener of turnedAway) listener(fault)
  throw fault
}

const JSON_WANTED = { accept: 'application/json' }

/** Sends a body of JSON to a path. */
export async function post<P extends Postable>(
  path: P,
  body: Body<P>,
  signal?: AbortSignal,
  place: Readonly<Record<string, string>> = {},
): Promise<Reply<P>> {
  return (await (await send(filled(path, place), { ...json(body), signal: signal ?? null })).json()) as Reply<P>
}

/** Puts a body of JSON at a place. */
export async function put<P extends Puttable>(path: P, place: Readonly<Record<string, string>>, body: PutBody<P>): Promise<void> {
  await send(filled(path, place), { ...json(body), method: 'PUT' })
}

/** Takes away what is at a place. */
export async function remove(path: Removable, place: Readonly<Record<string, string>> = {}): Promise<void> {
  await send(filled(path, place), { method: 'DELETE', headers: JSON_WANTED })
}

/** A request with a body of JSON. */
export function json(body: unknown): RequestInit {
  return { method: 'POST', headers: { ...JSON_WANTED, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

const turnedAway = new Set<(fault: Fault) => void>()

/** Calls the listener whenever the server asks for a token; the answer ends that. */
export function onTurnedAway(listener: (fault: Fault) => void): () => void {
  turnedAway.add(listener)
  return () => turnedAway.delete(listener)
}

/** `?a=b`, without what is empty. */
export function queryString(asked: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(asked).filter((pair): pair is [string, string] => Boolean(pair[1]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

/** What stands between us and the server answers errors too, and not in the server's shape. */
async function faultOf(response: Response): Promise<Fault> {
  const body: unknown = await response.json().catch(() => undefined)
  const { code, message, hint, column, field } = detailOf(body)
  return new Fault(
    text(code) ?? `http_${response.status}`,
    text(message) ?? `the server answered ${response.status} ${response.statusText}`.trim(),
    text(hint),
    typeof column === 'number' ? column : undefined,
    text(field),
  )
}

function detailOf(body: unknown): Readonly<Record<string, unknown>> {
  const error = isObject(body) ? body.error : undefined
  return isObject(error) ? error : {}
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
