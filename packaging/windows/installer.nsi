; N6 Studio for one Windows user, without administrator. packaging/build.py gives:
;   VERSION, BUILD, KIT (folder with the files), OUT, ICON, LICENCE, LAUNCHER (the small program behind the shortcuts)
Unicode true
Target amd64-unicode
!include MUI2.nsh
!include nsDialogs.nsh
!include LogicLib.nsh
!include FileFunc.nsh

!define NAME "N6 Studio"
!define ENTRY "Software\Microsoft\Windows\CurrentVersion\Uninstall\N6Studio"
Name "${NAME}"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\N6 Studio"
InstallDirRegKey HKCU "Software\N6 Studio" "Folder"
SetCompressor ${COMPRESSOR}
BrandingText "${NAME} ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileDescription "${NAME} installer"
VIAddVersionKey LegalCopyright "AGPL-3.0-only"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\N6 Studio.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Start ${NAME}"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
UninstPage custom un.AskSettings un.KeepAnswer
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Var RemoveSettings
Var Tick

Section "${NAME}" Program
  SectionIn RO
  ; Repair and upgrade are the same: what belongs to us is replaced, projects and settings lie elsewhere.
  Delete "$INSTDIR\n6studio-*.whl"
  RMDir /r "$INSTDIR\wheels"
  SetOutPath "$INSTDIR"
  File /r "${KIT}\*"
  File "/oname=N6 Studio.exe" "${LAUNCHER}"
  File "/oname=n6studio.ico" "${ICON}"
  WriteUninstaller "$INSTDIR\Uninstall.exe"
  WriteRegStr HKCU "Software\N6 Studio" "Folder" "$INSTDIR"

  CreateDirectory "$SMPROGRAMS\N6 Studio"
  CreateShortcut "$SMPROGRAMS\N6 Studio\N6 Studio.lnk" "$INSTDIR\N6 Studio.exe" "" "$INSTDIR\n6studio.ico"
  CreateShortcut "$SMPROGRAMS\N6 Studio\Uninstall N6 Studio.lnk" "$INSTDIR\Uninstall.exe"

  WriteRegStr HKCU "Software\Classes\.n6" "" "N6Studio.Project"
  WriteRegStr HKCU "Software\Classes\N6Studio.Project" "" "N6 Studio project"
  WriteRegStr HKCU "Software\Classes\N6Studio.Project\DefaultIcon" "" "$INSTDIR\n6studio.ico"
  WriteRegStr HKCU "Software\Classes\N6Studio.Project\shell\open\command" "" '"$INSTDIR\N6 Studio.exe" "%1"'
  WriteRegStr HKCU "Software\Classes\Applications\N6 Studio.exe\shell\open\command" "" '"$INSTDIR\N6 Studio.exe" "%1"'
  WriteRegStr HKCU "Software\Classes\Applications\N6 Studio.exe\SupportedTypes" ".pt" ""
  WriteRegStr HKCU "Software\Classes\Applications\N6 Studio.exe\SupportedTypes" ".tflite" ""
  WriteRegStr HKCU "Software\Classes\.pt\OpenWithProgids" "N6Studio.Project" ""
  WriteRegStr HKCU "Software\Classes\.tflite\OpenWithProgids" "N6Studio.Project" ""

  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD HKCU "${ENTRY}" "EstimatedSize" "$0"
  WriteRegStr HKCU "${ENTRY}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${ENTRY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${ENTRY}" "DisplayIcon" "$INSTDIR\n6studio.ico"
  WriteRegStr HKCU "${ENTRY}" "Publisher" "N6 Studio"
  WriteRegStr HKCU "${ENTRY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${ENTRY}" "UninstallString" '"$INSTDIR\Uninstall.exe"'
  WriteRegStr HKCU "${ENTRY}" "QuietUninstallString" '"$INSTDIR\Uninstall.exe" /S'
  WriteRegStr HKCU "${ENTRY}" "Comments" "Build ${BUILD}. Repair: run the installer again."
  WriteRegDWORD HKCU "${ENTRY}" "NoModify" 1

  ; Python: one that was put beside the installer, else what uv gets. Without a network the first start tries again.
  IfFileExists "$EXEDIR\python\python.exe" 0 get
    DetailPrint "Taking the Python beside the installer"
    CopyFiles /SILENT "$EXEDIR\python" "$INSTDIR"
    Goto done
  get:
  IfFileExists "$LOCALAPPDATA\n6studio\python\cpython-3.12*" done 0
  DetailPrint "Getting Python 3.12 ..."
  nsExec::ExecToLog '"$INSTDIR\uv.exe" python install --install-dir "$LOCALAPPDATA\n6studio\python" 3.12'
  Pop $0
  ${If} $0 != 0
    DetailPrint "Python could not be fetched now ($0); the first start tries again."
  ${EndIf}
  done:
SectionEnd

Section /o "Shortcut on the desktop" Desktop
  CreateShortcut "$DESKTOP\N6 Studio.lnk" "$INSTDIR\N6 Studio.exe" "" "$INSTDIR\n6studio.ico"
SectionEnd

LangString AboutProgram ${LANG_ENGLISH} "The program. Its first start fetches its packages, about 240 MB."
LangString AboutDesktop ${LANG_ENGLISH} "A shortcut on the desktop."
!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${Program} $(AboutProgram)
  !insertmacro MUI_DESCRIPTION_TEXT ${Desktop} $(AboutDesktop)
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Function un.AskSettings
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 0 100% 40u "Your projects are kept. Settings, the list of recent projects and the log can be removed as well."
  Pop $0
  ${NSD_CreateCheckbox} 0 46u 100% 12u "Remove my settings"
  Pop $Tick
  nsDialogs::Show
FunctionEnd

Function un.KeepAnswer
  ${NSD_GetState} $Tick $RemoveSettings
FunctionEnd

Section Uninstall
  ; Only what we laid down: the folder may have been chosen among others' files.
  Delete "$INSTDIR\n6studio-*.whl"
  Delete "$INSTDIR\base.txt"
  Delete "$INSTDIR\conversion.txt"
  Delete "$INSTDIR\media.txt"
  Delete "$INSTDIR\LICENSE"
  Delete "$INSTDIR\sbom.json"
  Delete "$INSTDIR\build.json"
  Delete "$INSTDIR\uv.exe"
  Delete "$INSTDIR\n6studio.ico"
  Delete "$INSTDIR\N6 Studio.exe"
  Delete "$INSTDIR\Uninstall.exe"
  RMDir /r "$INSTDIR\wheels"
  RMDir /r "$INSTDIR\python"
  RMDir "$INSTDIR"
  RMDir /r "$LOCALAPPDATA\n6studio\environments"
  RMDir /r "$LOCALAPPDATA\n6studio\python"
  RMDir /r "$LOCALAPPDATA\n6studio\downloads"
  RMDir /r "$LOCALAPPDATA\n6studio\kits"
  Delete "$LOCALAPPDATA\n6studio\current"
  Delete "$LOCALAPPDATA\n6studio\first-start.log"
  ${If} $RemoveSettings = 1
    RMDir /r "$LOCALAPPDATA\n6studio"
  ${Else}
    RMDir "$LOCALAPPDATA\n6studio"
  ${EndIf}
  RMDir /r "$SMPROGRAMS\N6 Studio"
  Delete "$DESKTOP\N6 Studio.lnk"
  DeleteRegKey HKCU "Software\Classes\N6Studio.Project"
  DeleteRegKey HKCU "Software\Classes\Applications\N6 Studio.exe"
  DeleteRegValue HKCU "Software\Classes\.pt\OpenWithProgids" "N6Studio.Project"
  DeleteRegValue HKCU "Software\Classes\.tflite\OpenWithProgids" "N6Studio.Project"
  ReadRegStr $0 HKCU "Software\Classes\.n6" ""
  ${If} $0 == "N6Studio.Project"
    DeleteRegKey HKCU "Software\Classes\.n6"
  ${EndIf}
  DeleteRegKey HKCU "${ENTRY}"
  DeleteRegKey HKCU "Software\N6 Studio"
SectionEnd
