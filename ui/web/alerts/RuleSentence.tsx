// A rule as a sentence with slots.

import type { Rule } from '../model/alert'
import { ChoiceSlot, type SlotsProps, TextSlot } from './Slot'

const SIGNALS = [['logs', 'lines'], ['spans', 'spans'], ['samples', 'samples'], ['health', 'states']] as const
const OPS = [['>', 'over'], ['>=', 'at least'], ['<', 'under'], ['<=', 'at most'], ['==', 'just'], ['!=', 'not']] as const
const SEVERITIES = [['warning', 'a warning'], ['critical', 'critical'], ['info', 'for information']] as const
const NO_DATA = [['ok', 'is well'], ['firing', 'fires'], ['silent', 'changes nothing']] as const
const DRY = [['', 'tells'], ['true', 'is tried and tells not yet']] as const

export function RuleSentence({ rule, slots }: { rule: Rule | undefined; slots: SlotsProps }) {
  const objective = rule?.body['slo'] as { readonly objective?: number; readonly window?: string } | null | undefined
  return (
    <div className="cond">
      <p>
        Every <TextSlot of={slots} name="every" label="How often it is evaluated" usual="1m" /> look for{' '}
        <ChoiceSlot of={slots} name="signal" label="What it looks at" choices={SIGNALS} /> of the last{' '}
        <TextSlot of={slots} name="over" label="What an evaluation looks at; as long as its step, unless said" usual={slots.value('every') || '1m'} /> with{' '}
        <TextSlot of={slots} name="query" label="Query; without pipes it counts" usual="severity:error" wide />
      </p>
      <p>
        as a share of what has <TextSlot of={slots} name="of" label="The whole, of which the query counts a part" usual="no share" /> for each{' '}
        <TextSlot of={slots} name="group_by" label="Fields, with commas: an alert for each of their values" usual="all together" />
      </p>
      <p>
        {objective == null ? (
          <>
            When it is <ChoiceSlot of={slots} name="condition.op" label="Compared how" choices={OPS} />
            <TextSlot of={slots} name="condition.value" label="Limit; a duration in ms" usual="0" /> for{' '}
            <TextSlot of={slots} name="for" label="How long it has to hold" usual="0s" />
          </>
        ) : (
          <>When the budget of {objective.objective} % over {objective.window ?? '30d'} burns too fast</>
        )}{' '}
        it is <ChoiceSlot of={slots} name="severity" label="Severity" choices={SEVERITIES} /> and{' '}
        <ChoiceSlot of={slots} name="dry_run" label="Whether anybody is told" choices={DRY} />
        <TextSlot of={slots} name="notify" label="Destinations, with commas" usual="nobody" />; no data{' '}
        <ChoiceSlot of={slots} name="no_data" label="When there is no data" choices={NO_DATA} />
      </p>
      <p>
        It says <TextSlot of={slots} name="annotations.summary" label="What the message says" usual="{{ labels.component }} writes {{ value }} errors" wide /> and leads to{' '}
        <TextSlot of={slots} name="runbook" label="Runbook, an address" usual="no runbook" />
      </p>
    </div>
  )
}
