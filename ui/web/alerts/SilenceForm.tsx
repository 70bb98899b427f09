// Makes a silence: which alerts, how long, why. What is wrong stands under the field that it belongs to.

import { type ComponentProps, useEffect, useId, useRef, useState } from 'react'
import { createSilence } from '../api/alerts'
import { type Fault, toFault } from '../api/client'
import { capital, sentence } from '../logs/words'
import type { Zone } from '../model/zone'
import { toast } from '../state/toast'
import { show } from './address'
import { parseMatchers } from './matchers'
import { readSpan } from './span'

interface Wrong {
  readonly field: string | undefined
  readonly problem: string
}

export function SilenceForm({ written, zone, onMade }: { written: string; zone: Zone; onMade: () => void }) {
  const [typed, setTyped] = useState({ matchers: written, from: 'now', to: '2h', comment: '' })
  const [wrong, setWrong] = useState<Wrong>()
  const length = useRef<HTMLInputElement>(null)
  // Prefilled from an alert, what is left to say is how long.
  useEffect(() => {
    if (written !== '') length.current?.select()
  }, [written])
  const make = async () => {
    const read = parseMatchers(typed.matchers)
    if ('problem' in read) return setWrong({ field: 'matchers', problem: read.problem })
    const span = readSpan(typed.from, typed.to, zone, Date.now())
    if ('problem' in span) return setWrong(span)
    setWrong(undefined)
    try {
      // One that begins now begins by the server's clock.
      const from = typed.from.trim() === 'now' ? 'now' : span.from
      await createSilence({ ...read, from, to: span.to, comment: typed.comment })
      toast('Silenced')
      onMade()
      show({ what: 'silences' }, 'replace')
    } catch (error) {
      setWrong(wrongOf(toFault(error)))
    }
  }
  const field = (name: keyof typeof typed) => ({
    value: typed[name],
    problem: wrong?.field?.split(/[.[]/)[0] === name ? wrong.problem : undefined,
    onChange: (event: { readonly target: { readonly value: string } }) => setTyped({ ...typed, [name]: event.target.value }),
  })
  const elsewhere = wrong !== undefined && !['matchers', 'from', 'to', 'comment'].includes(wrong.field?.split(/[.[]/)[0] ?? '')
  return (
    <form
      className="silence-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <Field label="Silence alerts with" className="field matchers" placeholder={'alertname="Errors" component="cart"'} {...field('matchers')} />
      <Field label="From" className="field" size={9} {...field('from')} />
      <Field label="For, or until" className="field" size={9} input={length} {...field('to')} />
      <Field label="Why" className="field" placeholder="who, and until what is mended" {...field('comment')} />
      <button type="submit" className="tool primary">
        Silence
      </button>
      {elsewhere && (
        <p className="label bad" role="alert">
          {wrong.problem}
        </p>
      )}
    </form>
  )
}

function wrongOf({ field, message, hint }: Fault): Wrong {
  return { field, problem: [message, hint].flatMap((words) => (words === undefined ? [] : [capital(sentence(words))])).join(' ') }
}

interface FieldProps extends ComponentProps<'input'> {
  readonly label: string
  readonly problem: string | undefined
  readonly input?: React.RefObject<HTMLInputElement | null>
}

function Field({ label, problem, input, ...rest }: FieldProps) {
  const id = useId()
  return (
    <div className={rest.className?.includes('matchers') ? 'matchers' : undefined}>
      <label htmlFor={id} className="label">
        {label}
      </label>
      <input
        {...rest}
        ref={input}
        id={id}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-said`}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
      <p id={`${id}-said`} className="label bad" role={problem && 'alert'}>
        {problem}
      </p>
    </div>
  )
}
