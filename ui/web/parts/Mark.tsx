// A state as a shape; colour only repeats it.

const SHAPES = {
  failing: 'M6 .5 11.5 6 6 11.5 .5 6Z',
  warning: 'M6 1 11.5 11H.5Z',
  silent: 'M6 1.5a4.5 4.5 0 1 0 .01 0Z',
  plain: 'M6 4a2 2 0 1 0 .01 0Z',
} as const

export function Mark({ of }: { of: keyof typeof SHAPES }) {
  return (
    <svg className={`mark ${of}`} width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      <path d={SHAPES[of]} />
    </svg>
  )
}
