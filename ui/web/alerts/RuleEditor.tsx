// A rule: written as a sentence, replayed over the range with every change that is taken, saved when it is right.
// What was changed stands in the address until it is saved.

import { useEffect, useState } from 'react'
import { createRule, deleteRule, replaceRule, replay } from '../api/alerts'
import { type Fault, toFault } from '../api/client'
import { capital, sentence } from '../logs/words'
import type { Rule } from '../model/alert'
import { seen } from '../model/message'
import { Dialog } from '../parts/Dialog'
import { Mark } from '../parts/Mark'
import type { Question } from '../state/question'
import { toast } from '../state/toast'
import { useAsked } from '../state/useAsked'
import { useKeys } from '../state/useKeys'
import type { View } from '../state/view'
import { keepDraft, show } from './address'
import { type Change, changeOf, type Draft, draftOf, ruleOf, slotOf, unreadable, writtenChange } from './draft'
import { Replay } from './Replay'
import { RuleSentence } from './RuleSentence'
import { type SlotsProps, TextSlot } from './Slot'
import { evaluatedWords } from './words'

export interface RuleEditorProps {
  readonly rule: Rule | undefined
  /** What was changed, as the address has it. */
  readonly draft: Change
  readonly question: Question
  readonly view: View
  readonly onChanged: () => void
}

export function RuleEditor({ rule, draft, question, view, onChanged }: RuleEditorProps) {
  const taken = draftOf(rule, draft)
  const body = ruleOf(taken, rule)
  const [typed, setTyped] = useState<Draft>(taken)
  useEffect(() => setTyped(draftOf(rule, draft)), [writtenChange(draft)])
  const wrong = unreadable(taken)
  const askable = wrong === undefined && typeof body['query'] === 'string'
  // Its name changes nothing, and a new one has none yet.
  const asked = { ...body, name: body['name'] ?? 'new' }
  const [withLate, setWithLate] = useState(false)
  const key = askable ? JSON.stringify([question.turn, asked, withLate]) : undefined
  const { from, to } = question
  const told = useAsked(key, (signal) => replay(asked, { from, to, seen: withLate ? 'now' : 'then' }, signal))
  const saving = useSaving(rule, onChanged)
  const fault = saving.fault ?? (key === undefined ? undefined : told.fault)
  const about = slotOf(fault?.field)
  const slots: SlotsProps = {
    value: (slot) => typed[slot],
    problem: (slot) => (slot === wrong?.slot ? wrong.problem : slot === about && fault !== undefined ? faultWords(fault) : undefined),
    onType: (slot, value) => setTyped({ ...typed, [slot]: value }),
    onTake: (slot, value) => {
      const next = { ...typed, [slot]: value }
      setTyped(next)
      saving.forget()
      keepDraft(changeOf(rule, next))
    },
  }
  // An objective decides about its limits.
  const onLimit = body['slo'] == null ? (limit: number) => slots.onTake('condition.value', String(limit)) : undefined
  const changed = writtenChange(changeOf(rule, typed)) !== undefined
  const save = () => void saving.save(ruleOf(typed, rule))
  useKeys({ 'Ctrl enter': rule?.source === 'file' ? undefined : save })
  return (
    <section className="editor scroll" aria-label="Rule">
      <Head rule={rule} slots={slots} changed={changed} onSave={save} onDelete={saving.remove} />
      <RuleSentence rule={rule} slots={slots} />
      {rule?.failing !== undefined && <p className="data bad">It cannot be evaluated: {seen(rule.failing)}</p>}
      {fault !== undefined && about === undefined && (
        <p className="data bad" role="alert">
          {faultWords(fault)}
        </p>
      )}
      {key === undefined ? (
        <p className="ink3 data">With a query, what it would have said in this range is shown here.</p>
      ) : (
        <>
          {told.phase === 'loading' && <p className="ink3 data waits">Replaying it over this range: each evaluation of it is made again.</p>}
          {told.answer !== undefined && <Replay told={told.answer} former={told.phase !== 'ready'} {...{ body, question, view, onLimit, withLate }} onLate={() => setWithLate(!withLate)} />}
        </>
      )}
    </section>
  )
}

function faultWords({ message, hint }: Fault): string {
  return [message, hint].flatMap((words) => (words === undefined ? [] : [capital(sentence(words))])).join(' ')
}

interface Saving {
  readonly fault: Fault | undefined
  forget(): void
  save(body: ReturnType<typeof ruleOf>): Promise<void>
  remove(): void
}

/** A default rule is not changed: a rule of its id stands before it. */
function useSaving(rule: Rule | undefined, onChanged: () => void): Saving {
  const [fault, setFault] = useState<Fault>()
  const change = async (what: () => Promise<void>) => {
    setFault(undefined)
    try {
      await what()
      onChanged()
    } catch (error) {
      setFault(toFault(error))
    }
  }
  return {
    fault,
    forget: () => setFault(undefined),
    save: (body) =>
      change(async () => {
        if (rule !== undefined) await replaceRule(rule.id, body)
        const made = rule ?? (await createRule(body))
        toast('Saved')
        if (made !== undefined) show({ what: 'rule', id: made.id }, 'replace')
      }),
    remove: () =>
      void change(async () => {
        if (rule !== undefined) await deleteRule(rule.id)
        show({ what: 'history' })
      }),
  }
}

const SOURCES = { default: 'comes with the product', file: 'stands in a file, and is changed there', api: '' } as const

interface HeadProps {
  readonly rule: Rule | undefined
  readonly slots: SlotsProps
  readonly changed: boolean
  readonly onSave: () => void
  readonly onDelete: () => void
}

function Head({ rule, slots, changed, onSave, onDelete }: HeadProps) {
  const [asking, setAsking] = useState(false)
  return (
    <div className="row head">
      <Mark of={rule?.failing === undefined ? 'plain' : 'silent'} />
      <TextSlot of={slots} name="name" label="Name of the rule" usual="Name of the rule" />
      <span className="ink3 data cut">{rule === undefined ? 'new' : [SOURCES[rule.source], evaluatedWords(rule, Date.now())].filter(Boolean).join(' · ')}</span>
      <span className="grow" />
      {changed && (
        <button type="button" className="tool" onClick={() => keepDraft({})}>
          Undo
        </button>
      )}
      {rule?.source === 'api' && (
        <button type="button" className="tool" onClick={() => setAsking(true)}>
          Delete
        </button>
      )}
      {rule?.source !== 'file' && (
        <button type="button" className="tool primary" disabled={!changed} title="Save: Ctrl Enter" onClick={onSave}>
          Save
        </button>
      )}
      {asking && rule !== undefined && (
        <Dialog label="Delete the rule" onClose={() => setAsking(false)}>
          <div className="asks">
            <p className="title">Delete {seen(rule.name)}?</p>
            <p className="ink2">Its alerts end, and whoever was told of them is told that. Its history stays.</p>
            <p className="row">
              <button type="button" className="tool primary" onClick={onDelete}>
                Delete
              </button>
              <button type="button" className="tool edge" onClick={() => setAsking(false)}>
                Keep
              </button>
            </p>
          </div>
        </Dialog>
      )}
    </div>
  )
}
