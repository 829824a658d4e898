; The program behind the shortcuts: starts N6 Studio, the first time in a window that sets it up. It shows nothing itself.
; packaging/build.py gives VERSION, BUILD, BASE (digest of the list of the base), WHEEL, OUT, ICON.
Unicode true
Target amd64-unicode
!include LogicLib.nsh
!include FileFunc.nsh
Name "N6 Studio"
OutFile "${OUT}"
Icon "${ICON}"
RequestExecutionLevel user
SilentInstall silent
AutoCloseWindow true
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "N6 Studio"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "N6 Studio"
VIAddVersionKey LegalCopyright "AGPL-3.0-only"

Var Home
Var Environment
Var Python

!macro LookFor FOLDER
  ${If} $Python == ""
  ${AndIf} ${FileExists} "${FOLDER}\pythonw.exe"
    StrCpy $Python "${FOLDER}\pythonw.exe"
  ${EndIf}
!macroend

Section
  StrCpy $Home "$LOCALAPPDATA\n6studio"
  ${GetParameters} $R0
  System::Call 'kernel32::SetEnvironmentVariable(t "N6STUDIO_INSTALLED", t "${BUILD}")'
  Call Choose
  Call IsReady
  ${If} $0 == "ready"
    Exec '"$Home\environments\$Environment\Scripts\pythonw.exe" -P -m n6studio $R0'
    SetErrorLevel 0
    Quit
  ${EndIf}
  StrCpy $Python ""
  !insertmacro LookFor "$EXEDIR\python"
  Call FromUv
  !insertmacro LookFor "$LOCALAPPDATA\Programs\Python\Python312"
  !insertmacro LookFor "$LOCALAPPDATA\Programs\Python\Python311"
  ${If} $Python == ""
    nsExec::Exec '"$EXEDIR\uv.exe" python install --install-dir "$Home\python" 3.12'
    Pop $0
    Call FromUv
  ${EndIf}
  ${If} $Python == ""
    MessageBox MB_OK|MB_ICONEXCLAMATION "N6 Studio could not get Python 3.12.$\n$\nCheck the network connection (behind a proxy, set HTTPS_PROXY) and start again, or install Python 3.12 from python.org."
    SetErrorLevel 0
    Quit
  ${EndIf}
  System::Call 'kernel32::SetEnvironmentVariable(t "PYTHONPATH", t "$EXEDIR\${WHEEL}")'
  Exec '"$Python" -P -m n6studio.first_start --kit "$EXEDIR" $R0'
SectionEnd

; Leaves the name of the environment to start in $Environment: that of this build, or what an update chose since this
; build was installed. The file is one line, 12 characters of the installed build, a blank, 25 of the environment.
Function Choose
  StrCpy $Environment "${BASE}-${BUILD}"
  ClearErrors
  FileOpen $1 "$Home\current" r
  ${If} ${Errors}
    Return
  ${EndIf}
  FileRead $1 $2
  FileClose $1
  StrCpy $3 $2 12
  ${If} $3 == "${BUILD}"
    StrCpy $Environment $2 25 13
  ${EndIf}
FunctionEnd

; Leaves "ready" in $0 where that environment is whole.
Function IsReady
  StrCpy $0 ""
  ${If} ${FileExists} "$Home\environments\$Environment\n6studio-unfinished"
    Return
  ${EndIf}
  ${If} ${FileExists} "$Home\environments\$Environment\n6studio-ready.json"
    StrCpy $0 "ready"
  ${EndIf}
FunctionEnd

; Leaves the Python that uv got in $Python, where it is still empty.
Function FromUv
  FindFirst $1 $2 "$Home\python\cpython-3.12*"
  ${If} $2 != ""
    !insertmacro LookFor "$Home\python\$2"
  ${EndIf}
  FindClose $1
FunctionEnd
