// Light or dark: the system's choice until a person makes one. It is the browser's, not the URL's.

const KEY = 'nilometer.theme'

/** Puts the remembered choice on the page; called before anything is drawn. */
export function applyTheme(): void {
  const theme = remembered()
  if (theme !== null) document.documentElement.dataset.theme = theme
}

export function toggleTheme(): void {
  const now = document.documentElement.dataset.theme ?? system()
  const next = now === 'dark' ? 'light' : 'dark'
  document.documentElement.dataset.theme = next
  try {
    localStorage.setItem(KEY, next)
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
  }
}

function system(): 'light' | 'dark' {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

function remembered(): string | null {
  try {
    const theme = localStorage.getItem(KEY)
    return theme === 'dark' || theme === 'light' ? theme : null
  } catch {
    return null
  }
}
