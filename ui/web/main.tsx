// The web app's first breath: theme before anything is drawn, then the app.

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import './look/tokens.css'
import './look/app.css'
import { applyTheme } from './state/theme'

applyTheme()
const app = document.getElementById('app')
if (app === null) throw new Error('index.html has no #app')
createRoot(app).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
