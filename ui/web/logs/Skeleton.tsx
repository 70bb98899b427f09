// Where the lines will be, while there are none to show yet. Seen only when it takes long.

const WIDTHS = [27, 84, 77, 69, 61, 54, 46, 39, 31, 89, 81, 73, 66, 58, 50, 43, 35, 27] as const

export function Skeleton() {
  return (
    <div className="skeleton" aria-hidden="true">
      {WIDTHS.map((width, n) => (
        <div key={n}>
          <i />
          <i />
          <i style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  )
}
