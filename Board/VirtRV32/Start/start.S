# From reset to main: memory protection, memory contents, stack, trap vector.
#
# QEMU loads the image into DRAM, again at every reset, and jumps to its first byte in machine mode. What it loads are
# the parts that a chip has in flash; RAM is set up here.

    .option arch, +zicsr

    .equ    STACK_PAINT, 0xa5a5a5a5
    .equ    BOOT_ROM, 0x00001000
    .equ    BOOT_ROM_END, 0x00010000
    .equ    TEST_DEVICE, 0x00100000
    .equ    TEST_RESET, 0x7777

    # A byte of pmpcfg: range that ends at pmpaddr (TOR), locked, so that it holds for machine mode.
    .equ    PMP_NONE, 0x88
    .equ    PMP_READ, 0x89
    .equ    PMP_READ_WRITE, 0x8b
    .equ    PMP_READ_EXECUTE, 0x8d

    .section .text.start, "ax", @progbits
    .globl  _start
_start:
    csrw    mie, zero
    csrr    t0, mhartid
    bnez    t0, park

    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, __stack_top
    # picolibc's errno and other thread-local variables.
    la      tp, __tls_base
    la      t0, __trap_stack_top
    csrw    mscratch, t0
    la      t0, trap_entry
    csrw    mtvec, t0

    # Null pointers: nothing. Boot ROM: code, because QEMU keeps locked ranges over a reset, which begins there.
    # Devices: data only. Flash: no stores. RAM: no code. Configuration: read only. What a chip does not have: nothing.
    li      t0, BOOT_ROM >> 2
    csrw    pmpaddr0, t0
    li      t0, BOOT_ROM_END >> 2
    csrw    pmpaddr1, t0
    la      t0, __flash_start
    srli    t0, t0, 2
    csrw    pmpaddr2, t0
    la      t0, __flash_end
    srli    t0, t0, 2
    csrw    pmpaddr3, t0
    la      t0, __ram_end
    srli    t0, t0, 2
    csrw    pmpaddr4, t0
    la      t0, __configuration_start
    srli    t0, t0, 2
    csrw    pmpaddr5, t0
    la      t0, __configuration_end
    srli    t0, t0, 2
    csrw    pmpaddr6, t0
    li      t0, -1
    csrw    pmpaddr7, t0
    li      t0, PMP_NONE | PMP_READ_EXECUTE << 8 | PMP_READ_WRITE << 16 | PMP_READ_EXECUTE << 24
    csrw    pmpcfg0, t0
    li      t0, PMP_READ_WRITE | PMP_NONE << 8 | PMP_READ << 16 | PMP_NONE << 24
    csrw    pmpcfg1, t0

    la      a0, __data_start
    la      a1, __data_end
    la      a2, __data_load
    bgeu    a0, a1, 2f
1:  lw      t0, 0(a2)
    sw      t0, 0(a0)
    addi    a0, a0, 4
    addi    a2, a2, 4
    bltu    a0, a1, 1b

2:  la      a0, __bss_start
    la      a1, __bss_end
    mv      t0, zero
    jal     fill

    # Painted, to see later how much of it was ever used.
    la      a0, __stack_bottom
    la      a1, __stack_top
    li      t0, STACK_PAINT
    jal     fill

    j       main

# Fills the words from a0 up to a1 with t0.
fill:
    bgeu    a0, a1, 2f
1:  sw      t0, 0(a0)
    addi    a0, a0, 4
    bltu    a0, a1, 1b
2:  ret

park:
    wfi
    j       park

# Every trap and the watchdog's interrupt: none returns, so nothing is saved. It has a stack of its own, because the
# other one may be what is wrong.
    .section .text.trap, "ax", @progbits
    .balign 4
    .globl  trap_entry
trap_entry:
    csrrw   sp, mscratch, sp
    # A trap in here would come back for ever: it restarts the board without another word.
    la      a0, trap_again
    csrw    mtvec, a0
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    csrr    a3, mscratch
    mv      a4, ra
    j       trap_report

    .balign 4
trap_again:
    li      t0, TEST_DEVICE
    li      t1, TEST_RESET
    sw      t1, 0(t0)
    j       park
