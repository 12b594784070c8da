# Builds the SwiftPM target Firmware and joins its objects to one. Run by CMake's -P: SWIFT, ROOT (the package),
# SCRATCH, OUTPUT and OBJCOPY (of the chip).
set(triple riscv32-none-none-eabi)
execute_process(
  COMMAND "${SWIFT}" build -c release --triple ${triple} --toolset Board/riscv32.toolset.json
    --scratch-path "${SCRATCH}" --experimental-lto-mode full --target Firmware
  WORKING_DIRECTORY "${ROOT}"
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${SWIFT} build failed (${status}); Swift 6.2 or newer from swift.org is needed.")
endif()

# All modules but CTLS, which is part of the component. One native object is made of their bitcode.
set(modules "")
foreach(module Bytes HAL WebSocket Mles TLS Device Firmware)
  file(GLOB_RECURSE found "${SCRATCH}/${triple}/release/${module}.build/*.bc")
  if(NOT found)
    message(FATAL_ERROR "${SWIFT} build left no bitcode of module ${module} in ${SCRATCH}.")
  endif()
  list(APPEND modules ${found})
endforeach()
execute_process(
  COMMAND "${ROOT}/Board/merge-modules" "${OUTPUT}" firmware_main ${modules}
  COMMAND_ERROR_IS_FATAL ANY)

# Notes of Swift's and LLVM's to other tools, for which ESP-IDF's linker script has no place.
execute_process(
  COMMAND "${OBJCOPY}" -R .swift_modhash -R .swift1_autolink_entries -R .linker-options -R .deplibs -R .llvm_addrsig
    "${OUTPUT}"
  COMMAND_ERROR_IS_FATAL ANY)
